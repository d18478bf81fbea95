import { AccessDeniedError, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { generate } from 'selfsigned';
import { exposure, startEventStore, type EventStore } from './server';
import { hashPassword } from './security/users';
import { anEvent, aStream, errorOf, gather } from './test/fixture';

const PASSWORDS = { admin: 'changeit', worker: 'wörk:er', other: 'other' } as const;
type Name = keyof typeof PASSWORDS;

describe('A store with users, over TLS', () => {
  let store: EventStore;
  let rootCertificate: Buffer;
  const clients: EventStoreDBClient[] = [];

  beforeAll(async () => {
    const pem = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec',
      extensions: [
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
          ],
        },
      ],
    });
    rootCertificate = Buffer.from(pem.cert);
    const users = await Promise.all(
      Object.entries(PASSWORDS).map(async ([name, password]) => ({
        name,
        passwordHash: await hashPassword(password),
        groups: name === 'admin' ? ['$admins'] : ['workers'],
      })),
    );
    store = await startEventStore({ port: 0, users, tls: { cert: pem.cert, key: pem.private } });
  });
  afterAll(async () => {
    for (const client of clients) await client.dispose();
    await store.close();
  });

  const as = (credentials?: { username: string; password: string }): EventStoreDBClient => {
    const client = new EventStoreDBClient({ endpoint: `localhost:${store.port}` }, { rootCertificate }, credentials);
    clients.push(client);
    return client;
  };
  const user = (name: Name): EventStoreDBClient => as({ username: name, password: PASSWORDS[name] });
  const credentials = (username: string, password: string) => ({ credentials: { username, password } });

  it('serves who knows the password', async () => {
    const stream = aStream();
    await user('worker').appendToStream(stream, anEvent());
    expect(await gather(user('other').readStream(stream))).toHaveLength(1);
    expect(await gather(user('worker').readAll())).not.toHaveLength(0);
  });

  it('denies everybody else, on every call', async () => {
    const stream = aStream();
    const client = user('worker');
    await client.appendToStream(stream, anEvent());
    for (const wrong of [credentials('worker', 'wrong'), credentials('nobody', PASSWORDS.worker)]) {
      await errorOf(client.appendToStream(stream, anEvent(), wrong), AccessDeniedError);
      await errorOf(gather(client.readStream(stream, wrong)), AccessDeniedError);
      await errorOf(gather(client.readAll(wrong)), AccessDeniedError);
      await errorOf(client.deleteStream(stream, wrong), AccessDeniedError);
      await errorOf(client.tombstoneStream(stream, wrong), AccessDeniedError);
    }
    expect(await gather(client.readStream(stream))).toHaveLength(1);
  });

  it('denies whoever says no name', async () => {
    await errorOf(as().appendToStream(aStream(), anEvent()), AccessDeniedError);
    await errorOf(gather(as().readAll()), AccessDeniedError);
  });

  it('obeys the access list of a stream', async () => {
    const stream = aStream();
    const [admin, worker, other] = [user('admin'), user('worker'), user('other')];
    await worker.appendToStream(stream, anEvent());
    const acl = {
      readRoles: ['workers'],
      writeRoles: ['worker'],
      deleteRoles: ['$admins'],
      metaReadRoles: ['worker'],
      metaWriteRoles: ['worker'],
    };
    await worker.setStreamMetadata(stream, { acl });
    await worker.appendToStream(stream, anEvent());
    await errorOf(other.appendToStream(stream, anEvent()), AccessDeniedError);
    await errorOf(other.appendToStream(stream, anEvent(), credentials('other', 'other')), AccessDeniedError);
    expect(await gather(other.readStream(stream))).toHaveLength(2);
    await errorOf(other.setStreamMetadata(stream, {}), AccessDeniedError);
    await errorOf(other.getStreamMetadata(stream), AccessDeniedError);
    await errorOf(worker.deleteStream(stream), AccessDeniedError);
    await admin.deleteStream(stream);
  });

  it('keeps system streams for its administrators', async () => {
    const event = jsonEvent({ type: 'x', data: {} });
    await errorOf(user('worker').appendToStream('$settings', event), AccessDeniedError);
    await user('admin').appendToStream('$settings', event);
    expect(await gather(user('worker').readStream('$settings'))).toHaveLength(1);
  });

  it('goes on serving a client whose append it denied', async () => {
    const stream = aStream();
    const [worker, other] = [user('worker'), user('other')];
    await worker.appendToStream(stream, anEvent());
    await worker.setStreamMetadata(stream, { acl: { writeRoles: ['worker'] } });
    const free = aStream();
    const [denied, done] = await Promise.allSettled([
      other.appendToStream(stream, anEvent()),
      other.appendToStream(free, anEvent()),
    ]);
    expect([denied.status, done.status]).toEqual(['rejected', 'fulfilled']);
  });
});

describe('A store that would be open to strangers', () => {
  const user = { name: 'a', passwordHash: '', groups: [] };
  const tls = { cert: '', key: '' };
  it.each([
    ['without TLS beyond loopback', { host: '0.0.0.0', port: 0 }, /without TLS/],
    ['without users beyond loopback', { host: '0.0.0.0', port: 0, tls }, /everybody could write/],
    ['with users and without TLS', { port: 0, users: [user] }, /over TLS only/],
  ])('does not start: %s', async (_, options, fault) => {
    await expect(startEventStore(options)).rejects.toThrow(fault);
  });
  it.each([
    { port: 0 },
    { port: 0, host: '::1' },
    { port: 0, host: 'localhost' },
    { port: 0, host: '10.0.0.1', tls, users: [user] },
  ])('is not one with %j', (options) => expect(exposure(options)).toBeUndefined());
});
