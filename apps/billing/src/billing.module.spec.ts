import { EventLog, Streams, Views } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { Health } from '@solyx/platform';
import { BillingModule } from './billing.module';

type Class = abstract new (...args: never[]) => unknown;
type Provider = Class | { readonly provide: Class };

describe('The module', () => {
  it('provides all that its classes ask for', () => {
    const providers = Reflect.getMetadata('providers', BillingModule) as readonly Provider[];
    const known = new Set([
      EventLog,
      Streams,
      Views,
      Clock,
      Health,
      ...providers.map((one) => (typeof one === 'function' ? one : one.provide)),
    ]);
    for (const provider of providers.filter((one) => typeof one === 'function')) {
      const wanted = (Reflect.getMetadata('design:paramtypes', provider) ?? []) as readonly Class[];
      expect(wanted.length).toBe(provider.length);
      for (const one of wanted)
        expect([provider.name, one.name, known.has(one)]).toEqual([provider.name, one.name, true]);
    }
  });
});
