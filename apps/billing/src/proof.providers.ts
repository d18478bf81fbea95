import type { Provider } from '@nestjs/common';
import { Database } from '@solyx/eventing';
import { FileSigningKey } from './adapters/proof/file-signing-key';
import { PostgresMerkleStore } from './adapters/proof/postgres-merkle.store';
import { LogTree } from './application/proof/log-tree';
import { MerkleStore } from './application/proof/merkle-store';
import { ProofSettings } from './application/proof/proof-settings';
import { SignTreeHeadProcess } from './application/proof/sign-tree-head.process';
import { SigningKey } from './application/proof/signing-key';
import { TreeHeads } from './application/proof/tree-heads';
import { config } from './config';
import { LOG_ID } from './domain/proof/tree-head';

/** The tree over the log, its signed heads, the proof of an invoice, and the daily count. */
export const proofProviders: Provider[] = [
  LogTree,
  TreeHeads,
  SignTreeHeadProcess,
  {
    provide: MerkleStore,
    inject: [Database],
    useFactory: (database: Database) => new PostgresMerkleStore(database, LOG_ID),
  },
  { provide: SigningKey, useFactory: () => new FileSigningKey(config.proofKeyFile) },
  {
    provide: ProofSettings,
    useValue: {
      growEveryMs: 1_000,
      headEveryEvents: config.treeHeadEveryEvents,
      headEveryMs: config.treeHeadEverySeconds * 1_000,
    } satisfies ProofSettings,
  },
];
