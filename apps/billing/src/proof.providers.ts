import type { Provider } from '@nestjs/common';
import { Database } from '@solyx/eventing';
import { FileHeadSigner } from './adapters/proof/file-head-signer';
import { PostgresMerkleStore } from './adapters/proof/postgres-merkle.store';
import { ProofHealth } from './adapters/proof/proof-health';
import { InvoiceEvents } from './application/proof/invoice-events';
import { InvoiceProofs } from './application/proof/invoice-proofs';
import { LogTree } from './application/proof/log-tree';
import { MerkleStore } from './application/proof/merkle-store';
import { ReconcileDayProcess } from './application/proof/reconcile-day.process';
import { Reconciler } from './application/proof/reconciler';
import { ProofSettings } from './application/proof/proof-settings';
import { SignTreeHeadProcess } from './application/proof/sign-tree-head.process';
import { HeadSigner } from './application/proof/head-signer';
import { TreeHeads } from './application/proof/tree-heads';
import { config } from './config';
import { LOG_ID } from './domain/proof/tree-head';

/** The tree over the log, its signed heads, the proof of an invoice, and the daily count. */
export const proofProviders: Provider[] = [
  LogTree,
  TreeHeads,
  SignTreeHeadProcess,
  InvoiceEvents,
  InvoiceProofs,
  Reconciler,
  ReconcileDayProcess,
  ProofHealth,
  {
    provide: MerkleStore,
    inject: [Database],
    useFactory: (database: Database) => new PostgresMerkleStore(database, LOG_ID),
  },
  { provide: HeadSigner, useFactory: () => new FileHeadSigner(config.proofKeyFile) },
  {
    provide: ProofSettings,
    useValue: {
      growEveryMs: 1_000,
      headEveryEvents: config.treeHeadEveryEvents,
      headEveryMs: config.treeHeadEverySeconds * 1_000,
    } satisfies ProofSettings,
  },
];
