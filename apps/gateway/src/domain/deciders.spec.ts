import fc from 'fast-check';
import {
  ApiKeyCreated,
  ApiKeyRevoked,
  JobSubmitted,
  JoinTokenCreated,
  JoinTokenUsed,
  OrganizationRegistered,
  PlanRequested,
} from '@solyx/contracts/gateway';
import { given, replay } from '@solyx/testing';
import { apiKeyDecider, faultOf } from './api-key';
import { parseJobFile } from './job-spec';
import { joinTokenDecider, type JoinTokenCommand } from './join-token';
import { organizationDecider } from './organization';
import { requestDecider, type RequestCommand } from './request';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-01T00:20:00.000Z';
const parsed = parseJobFile({ run: 'true' });
if (!parsed.ok) throw new Error('the spec needs a job');
const { spec } = parsed;

describe('Request', () => {
  const submitted = { requestId: 'req_1', fingerprint: 'f1', jobId: 'job_1', spec, at };
  const submit = { type: 'SubmitJob', data: submitted } as const;
  const past = given(requestDecider);

  it('is recorded once', () => past().when(submit).then(JobSubmitted(submitted)));
  it('is already so when it comes again', () => past(JobSubmitted(submitted)).when(submit).thenNothing());
  it('comes again later and is still the same', () =>
    past(JobSubmitted(submitted))
      .when({ ...submit, data: { ...submitted, at: later } })
      .thenNothing());
  it('refuses another input under the same key', () =>
    past(JobSubmitted(submitted))
      .when({ ...submit, data: { ...submitted, fingerprint: 'f2' } })
      .thenRefused('IdempotencyKeyReused'));
  it('refuses another kind of request under the same id', () =>
    past(PlanRequested({ ...submitted, planId: 'plan_1', ...{ jobId: undefined } }))
      .when({ ...submit, data: { ...submitted, fingerprint: 'f3' } })
      .thenRefused('IdempotencyKeyReused'));

  it('records at most one event, whatever is asked', () => {
    const command = fc
      .constantFrom('f1', 'f2', 'f3')
      .map((fingerprint): RequestCommand => ({ type: 'SubmitJob', data: { ...submitted, fingerprint } }));
    fc.assert(
      fc.property(fc.array(command, { minLength: 1 }), (commands) => {
        const { events, refusals } = replay(requestDecider, commands);
        const first = commands[0]?.data as { fingerprint: string };
        const others = commands.filter(({ data }) => 'fingerprint' in data && data.fingerprint !== first.fingerprint);
        return events.length === 1 && refusals.length === others.length;
      }),
    );
  });
});

describe('API key', () => {
  const data = {
    keyId: 'k1',
    organizationId: 'acme',
    name: 'ci',
    hash: 'h1',
    roles: ['developer'],
    createdAt: at,
    expiresAt: later,
  };
  const revoked = { keyId: 'k1', organizationId: 'acme', at };
  const past = given(apiKeyDecider);

  it('is created', () => past().when({ type: 'CreateApiKey', data }).then(ApiKeyCreated(data)));
  it('is created once', () => past(ApiKeyCreated(data)).when({ type: 'CreateApiKey', data }).thenNothing());
  it('keeps its secret', () =>
    past(ApiKeyCreated(data))
      .when({ type: 'CreateApiKey', data: { ...data, hash: 'h2' } })
      .thenRefused('AlreadyExists'));
  it('is revoked', () =>
    past(ApiKeyCreated(data)).when({ type: 'RevokeApiKey', data: revoked }).then(ApiKeyRevoked(revoked)));
  it('is revoked once', () =>
    past(ApiKeyCreated(data), ApiKeyRevoked(revoked)).when({ type: 'RevokeApiKey', data: revoked }).thenNothing());
  it('is nobody else’s to revoke', () =>
    past(ApiKeyCreated(data))
      .when({ type: 'RevokeApiKey', data: { ...revoked, organizationId: 'rival' } })
      .thenRefused('KeyUnknown'));
  it('opens until it is revoked or expires', () => {
    const { state } = replay(apiKeyDecider, [{ type: 'CreateApiKey', data }]);
    expect([faultOf(state, at), faultOf(state, later), faultOf({ ...state, phase: 'Revoked' }, at)]).toEqual([
      undefined,
      'KeyExpired',
      'KeyRevoked',
    ]);
    expect(faultOf(apiKeyDecider.initial, at)).toBe('KeyUnknown');
  });
});

describe('Organization', () => {
  const data = { organizationId: 'acme', name: 'acme', at };
  it('is registered once', () => {
    given(organizationDecider)().when({ type: 'RegisterOrganization', data }).then(OrganizationRegistered(data));
    given(organizationDecider)(OrganizationRegistered(data)).when({ type: 'RegisterOrganization', data }).thenNothing();
  });
  it('keeps its name', () =>
    given(organizationDecider)(OrganizationRegistered(data))
      .when({ type: 'RegisterOrganization', data: { ...data, name: 'other' } })
      .thenRefused('AlreadyExists'));
});

describe('Join token', () => {
  const created = { tokenId: 't1', organizationId: 'acme', hash: 'h1', expiresAt: '2026-01-01T00:15:00.000Z', at };
  const use = { tokenId: 't1', nodeId: 'node_1', publicKey: 'U1', at };
  const used = JoinTokenUsed({ ...use, organizationId: 'acme' });
  const past = given(joinTokenDecider);

  it('lets one machine in', () => past(JoinTokenCreated(created)).when({ type: 'UseJoinToken', data: use }).then(used));
  it('gives the same machine the same answer', () =>
    past(JoinTokenCreated(created), used)
      .when({ type: 'UseJoinToken', data: { ...use, at: later } })
      .thenNothing());
  it('is spent for any other', () =>
    past(JoinTokenCreated(created), used)
      .when({ type: 'UseJoinToken', data: { ...use, publicKey: 'U2' } })
      .thenRefused('TokenSpent'));
  it('expires', () =>
    past(JoinTokenCreated(created))
      .when({ type: 'UseJoinToken', data: { ...use, at: later } })
      .thenRefused('TokenExpired'));
  it('must exist', () => past().when({ type: 'UseJoinToken', data: use }).thenRefused('TokenUnknown'));

  it('lets at most one machine in, whatever comes', () => {
    const command = fc
      .tuple(fc.constantFrom('U1', 'U2', 'U3'), fc.constantFrom(at, later))
      .chain(([publicKey, when]) =>
        fc.constantFrom<JoinTokenCommand>(
          { type: 'CreateJoinToken', data: created },
          { type: 'UseJoinToken', data: { ...use, publicKey, at: when } },
        ),
      );
    fc.assert(
      fc.property(fc.array(command), (commands) => {
        const { events } = replay(joinTokenDecider, commands);
        return events.filter(({ type }) => type === 'gateway.joinToken.used').length <= 1;
      }),
    );
  });
});
