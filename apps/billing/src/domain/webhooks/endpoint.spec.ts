import fc from 'fast-check';
import {
  WebhookCreated,
  WebhookDeleted,
  WebhookDisabled,
  WebhookEnabled,
  WebhookFailing,
  WebhookKeyRevoked,
  WebhookKeyRotated,
  WebhookRecovered,
  WebhookTestOrdered,
  WebhookUpdated,
} from '@solyx/contracts/billing';
import { fold } from '@solyx/kernel';
import { given, propertyRuns, replay } from '@solyx/testing';
import { endpointDecider, ENDPOINTS_PER_ORGANIZATION_MAX, keysInForce, type EndpointCommand } from './endpoint';
import { PUBLIC_TYPES } from './public-events';
import { PUBLIC_POLICY } from './url-policy';

const at = '2026-03-01T00:00:00.000Z';
const tomorrow = '2026-03-02T00:00:00.000Z';
const rules = { policy: PUBLIC_POLICY, types: PUBLIC_TYPES };
const who = { endpointId: 'whk_1', organizationId: 'acme' };
const asked = (requestId: string) => ({ ...who, requestId, at });
const settings = {
  url: 'https://hooks.example.org/solyx',
  description: 'Bookkeeping',
  types: ['invoice.*'],
  ordering: 'resource',
} as const;
const key = (keyId: string) => ({ keyId, algorithm: 'v1' }) as const;
const created = WebhookCreated({ ...asked('r1'), settings, key: key('k1') });
const create = (more: object = {}): EndpointCommand => ({
  type: 'CreateEndpoint',
  data: { ...asked('r1'), settings, key: key('k1'), rules, others: 0, ...more },
});
const update = (more: object, requestId = 'r2'): EndpointCommand => ({
  type: 'UpdateEndpoint',
  data: { ...asked(requestId), rules, ...more },
});
const rotate = (keyId: string, previousUntil: string, requestId = 'r3'): EndpointCommand => ({
  type: 'RotateKey',
  data: { ...asked(requestId), key: key(keyId), previousUntil },
});
const past = given(endpointDecider);

describe('An endpoint', () => {
  it('is created once, whatever the number of repeats', () => {
    past().when(create()).then(created);
    past(created).when(create()).thenNothing();
    past(created)
      .when(create({ requestId: 'other' }))
      .thenRefused('WebhookExists');
  });

  it.each([
    ['an address without encryption', { settings: { ...settings, url: 'http://example.org' } }, 'WebhookUrlRefused'],
    ['this machine', { settings: { ...settings, url: 'https://127.0.0.1/x' } }, 'WebhookUrlRefused'],
    ['a type that there is not', { settings: { ...settings, types: ['invoices.*'] } }, 'WebhookTypeUnknown'],
    ['no type', { settings: { ...settings, types: [] } }, 'WebhookTypeUnknown'],
    ['one too many', { others: ENDPOINTS_PER_ORGANIZATION_MAX }, 'WebhookLimitReached'],
  ] as const)('is refused: %s', (_what, more, reason) => past().when(create(more)).thenRefused(reason));

  it('is unknown to other organizations, and after its end', () => {
    const other = { ...asked('r9'), organizationId: 'other', rules, url: 'https://evil.example.org' };
    past(created).when({ type: 'UpdateEndpoint', data: other }).thenRefused('WebhookUnknown');
    const deleted = WebhookDeleted(asked('r2'));
    past(created)
      .when({ type: 'DeleteEndpoint', data: asked('r2') })
      .then(deleted);
    past(created, deleted)
      .when(update({ url: settings.url }, 'r9'))
      .thenRefused('WebhookUnknown');
    past(created, deleted)
      .when({ type: 'DeleteEndpoint', data: asked('r2') })
      .thenNothing();
  });

  it('changes what is named, stops, and goes on', () => {
    const updated = WebhookUpdated({ ...asked('r2'), settings: { ...settings, types: ['*'], ordering: 'fifo' } });
    past(created)
      .when(update({ types: ['*'], ordering: 'fifo' }))
      .then(updated);
    const same = WebhookUpdated({ ...asked('r2'), settings });
    const stopped = WebhookDisabled({ ...who, cause: 'requested', at });
    past(created)
      .when(update({ enabled: false }))
      .then(same, stopped);
    const again = WebhookUpdated({ ...asked('r4'), settings });
    past(created, same, stopped)
      .when(update({ enabled: true }, 'r4'))
      .then(again, WebhookEnabled(asked('r4')));
    past(created, same, stopped)
      .when({ type: 'OrderTest', data: asked('r5') })
      .thenRefused('WebhookDisabled');
  });

  it('orders a test, a replay and a redelivery, the last one of something', () => {
    past(created)
      .when({ type: 'OrderTest', data: asked('r5') })
      .then(WebhookTestOrdered(asked('r5')));
    past(created)
      .when({ type: 'OrderRedelivery', data: { ...asked('r5'), selection: {} } })
      .thenRefused('WebhookSelectionEmpty');
  });
});

describe('Keys', () => {
  const rotated = WebhookKeyRotated({
    ...asked('r3'),
    key: key('k2'),
    previousKeyId: 'k1',
    previousUntil: tomorrow,
  });

  it('sign side by side until the overlap ends', () => {
    past(created).when(rotate('k2', tomorrow)).then(rotated);
    const state = fold(endpointDecider, [created, rotated]);
    expect(keysInForce(state, at).map(({ keyId }) => keyId)).toEqual(['k2', 'k1']);
    expect(keysInForce(state, '2026-03-01T23:59:59.999Z').map(({ keyId }) => keyId)).toEqual(['k2', 'k1']);
    expect(keysInForce(state, tomorrow).map(({ keyId }) => keyId)).toEqual(['k2']);
  });

  it('are all revoked but the newest, where there is no overlap', () => {
    const now = WebhookKeyRotated({ ...asked('r4'), key: key('k3'), previousKeyId: 'k2', previousUntil: at });
    const revoked = (keyId: string) => WebhookKeyRevoked({ ...asked('r4'), keyId });
    past(created, rotated)
      .when(rotate('k3', at, 'r4'))
      .then(now, revoked('k2'), revoked('k1'));
    const state = fold(endpointDecider, [created, rotated, now, revoked('k2'), revoked('k1')]);
    expect(keysInForce(state, at).map(({ keyId }) => keyId)).toEqual(['k3']);
  });

  it('include the newest, always, and never more than five', () => {
    const commands = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 1_000 })), { maxLength: 12 });
    fc.assert(
      fc.property(commands, (list) => {
        const rotations = list.map(([overlap, n], i) => rotate(`k${n}-${i}`, overlap ? tomorrow : at, `r-${i}`));
        const { state } = replay(endpointDecider, [create(), ...rotations]);
        const inForce = keysInForce(state, at).map(({ keyId }) => keyId);
        const last = rotations[rotations.length - 1];
        expect(inForce[0]).toBe(last?.type === 'RotateKey' ? last.data.key.keyId : 'k1');
        expect(inForce.length).toBeLessThanOrEqual(5);
        if (list[list.length - 1]?.[0] === false) expect(inForce.length).toBe(1);
      }),
      propertyRuns(100),
    );
  });
});

describe('Failure', () => {
  const failure = { ...who, failingSince: at, lastStatus: 503, lastError: 'answered 503', at: tomorrow };
  const report = (days: number): EndpointCommand => ({ type: 'ReportFailing', data: { ...failure, days } });
  const told = (days: number) => WebhookFailing({ ...failure, days });

  it('is told after one and three days, once each, and ends the endpoint after five', () => {
    past(created).when(report(1)).then(told(1));
    past(created, told(1)).when(report(1)).thenNothing();
    past(created, told(1)).when(report(3)).then(told(3));
    const disabled = WebhookDisabled({ ...failure, cause: 'failing' });
    past(created, told(1), told(3)).when(report(5)).then(told(5), disabled);
    past(created, told(5), disabled).when(report(5)).thenNothing();
  });

  it('is over when something arrives, and 410 ends the endpoint at once', () => {
    const arrival: EndpointCommand = { type: 'ReportArrival', data: { ...who, at: tomorrow } };
    past(created).when(arrival).thenNothing();
    past(created, told(1))
      .when(arrival)
      .then(WebhookRecovered({ ...who, failingSince: at, at: tomorrow }));
    past(created)
      .when({ type: 'ReportGone', data: failure })
      .then(WebhookDisabled({ ...failure, cause: 'gone' }));
  });
});
