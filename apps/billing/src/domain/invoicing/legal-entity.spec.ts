import fc from 'fast-check';
import { fold } from '@solyx/kernel';
import { given, propertyRuns, replay } from '@solyx/testing';
import { defaultEntity } from './default-entities';
import { formatNumber, legalEntityDecider, numberOf, type LegalEntityCommand } from './legal-entity';

const at = '2026-02-04T00:00:00.000Z';
const entity = { ...defaultEntity('main')!, at };
const register = { type: 'RegisterLegalEntity', data: entity } as const;
const assign = (
  documentId: string,
  document: 'invoice' | 'credit-note' = 'invoice',
  when = at,
): LegalEntityCommand => ({
  type: 'AssignNumber',
  data: { legalEntityId: 'main', organizationId: 'acme', document, documentId, at: when },
});
const past = given(legalEntityDecider);

describe('A legal entity', () => {
  it('gives numbers one after another, each document its own, and the same when it asks again', () => {
    const asked = fc.record({
      documentId: fc.integer({ min: 0, max: 20 }).map(String),
      document: fc.constantFrom('invoice', 'credit-note'),
      minute: fc.integer({ min: 0, max: 59 }),
    });
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 80 }), (wishes) => {
        const commands = wishes.map(({ documentId, document, minute }) =>
          assign(documentId, document, `2026-02-04T00:${String(minute).padStart(2, '0')}:00.000Z`),
        );
        const { events, state } = replay(legalEntityDecider, [register, ...commands]);
        for (const document of ['invoice', 'credit-note'] as const) {
          const given = events.flatMap((event) =>
            event.type === 'billing.legalEntity.number-assigned' && event.data.document === document
              ? [event.data]
              : [],
          );
          expect(given.map(({ sequence }) => sequence)).toEqual(given.map((_, index) => index + 1));
          expect(new Set(given.map(({ number }) => number)).size).toBe(given.length);
          expect(new Set(given.map(({ documentId }) => documentId)).size).toBe(given.length);
          expect(given.map((each) => each.at)).toEqual(given.map((each) => each.at).sort());
          for (const each of given) {
            expect(numberOf(state, document, each.documentId)?.number).toBe(each.number);
          }
        }
        const { snapshot } = legalEntityDecider;
        const read = snapshot?.fromJson(JSON.parse(JSON.stringify(snapshot.toJson(state))));
        const more = assign('one more');
        expect(legalEntityDecider.decide(more, read!)).toEqual(legalEntityDecider.decide(more, state));
        expect(legalEntityDecider.decide(commands[0] ?? register, read!)).toMatchObject({ accepted: true, events: [] });
      }),
      propertyRuns(100),
    );
  });

  it('gives none before it is registered', () => {
    past().when(assign('a')).thenRefused('LegalEntityUnknown');
  });

  it('may be printed differently later, but keeps the series that it has begun', () => {
    const moved = { ...entity, party: { name: 'Solyx', address: ['New Street 1'] } };
    const renamed = { ...entity, invoicePrefix: 'X-' };
    const { events } = replay(legalEntityDecider, [register, assign('a')]);
    past(...events)
      .when(register)
      .thenNothing();
    past(...events)
      .when({ type: 'RegisterLegalEntity', data: renamed })
      .thenRefused('LegalEntityFixed');
    expect(fold(legalEntityDecider, events).given.invoice).toBe(1);
    const decision = past(...events).when({ type: 'RegisterLegalEntity', data: moved }).decision;
    expect(decision).toMatchObject({ accepted: true, events: [{ data: moved }] });
    past(...events.slice(0, 1))
      .when({ type: 'RegisterLegalEntity', data: renamed })
      .then({ type: 'billing.legalEntity.registered', data: renamed });
  });

  it('pads numbers so that they sort, and lets them grow', () => {
    expect(formatNumber('INV-', 42)).toBe('INV-000042');
    expect(formatNumber('SIM-', 1_234_567)).toBe('SIM-1234567');
  });
});
