import { createUser, fromPublic, fromSeed } from 'nkeys.js';
import { isPublicNKey, newNKey, nkeyFromSeed } from './nkey';

describe('keys of NATS', () => {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

  it.each(['operator', 'account', 'user'] as const)(
    'are what the library of NATS makes of the same seed: %s',
    (kind) => {
      const key = newNKey(kind);
      const theirs = fromSeed(Buffer.from(key.seed));
      expect(theirs.getPublicKey()).toBe(key.publicKey);
      expect(nkeyFromSeed(key.seed).publicKey).toBe(key.publicKey);
      const message = Buffer.from('message');
      expect(fromPublic(key.publicKey).verify(message, key.sign(message))).toBe(true);
      expect(isPublicNKey(key.publicKey, kind)).toBe(true);
    },
  );

  it('reads seeds that the library made', () => {
    const theirs = createUser();
    const key = nkeyFromSeed(text(theirs.getSeed()));
    expect(key.publicKey).toBe(theirs.getPublicKey());
    expect(key.seed).toBe(text(theirs.getSeed()));
  });

  it('refuses what is no seed, and does not repeat it', () => {
    const { seed, publicKey } = newNKey('user');
    for (const bad of [
      '',
      'x',
      publicKey,
      `${seed.slice(0, -1)}!`,
      seed.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    ]) {
      expect(() => nkeyFromSeed(bad)).toThrow(/^not the seed of an nkey$/);
    }
    expect(isPublicNKey(publicKey, 'account')).toBe(false);
    expect(isPublicNKey('U'.repeat(100), 'user')).toBe(false);
  });
});
