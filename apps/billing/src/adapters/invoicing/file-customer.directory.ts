import { readFileSync } from 'node:fs';
import { Party, readMessage } from '@solyx/contracts';
import { Streams } from '@solyx/eventing';
import { SolyxError } from '@solyx/kernel';
import { CustomerDirectory } from '../../application/invoicing/ports';

const HINT = 'Correct the file that SOLYX_BILLING_CUSTOMERS_FILE names and start again.';
const NAME_MAX = 128;

/** `{ "<address reference>": Party }`. Throws InvalidArgument naming the fault. */
export function readCustomerFile(path: string): ReadonlyMap<string, Party> {
  try {
    const entries = Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>);
    return new Map(entries.map(([reference, party]) => [reference, readMessage(Party, party)]));
  } catch (error) {
    const problem = `customer file ${path}: ${SolyxError.from(error).message}`;
    throw new SolyxError('InvalidArgument', problem, { path }, { hint: HINT, cause: error });
  }
}

/**
 * Addresses by the reference that the account's profile names, from a file read at the start; a customer without one is
 * printed with the name that it registered under. An issued document keeps what it was printed with.
 */
export class FileCustomerDirectory extends CustomerDirectory {
  private readonly parties: ReadonlyMap<string, Party>;

  constructor(
    private readonly streams: Streams,
    path: string | undefined,
  ) {
    super();
    this.parties = path === undefined ? new Map() : readCustomerFile(path);
  }

  override async partyOf(organizationId: string, addressRef: string | undefined): Promise<Party> {
    const known = addressRef === undefined ? undefined : this.parties.get(addressRef);
    if (known) return known;
    return { name: (await this.registeredName(organizationId)) ?? organizationId, address: [] };
  }

  private async registeredName(organizationId: string): Promise<string | undefined> {
    for await (const event of this.streams.log.readStream(`gateway.organization-${organizationId}`, { limit: 1 })) {
      const { name } = event.data as { readonly name?: unknown };
      return typeof name === 'string' && name !== '' ? name.slice(0, NAME_MAX) : undefined;
    }
    return undefined;
  }
}
