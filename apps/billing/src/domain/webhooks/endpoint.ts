import { accept, type Command, type Decider, type Decision, refuse } from '@solyx/kernel';
import type { WebhookKey, WebhookOrdering, WebhookSettings } from '@solyx/contracts';
import {
  WebhookCreated,
  WebhookDeleted,
  WebhookDisabled,
  WebhookEnabled,
  WebhookFailing,
  WebhookKeyRevoked,
  WebhookKeyRotated,
  WebhookRecovered,
  WebhookRedeliveryOrdered,
  WebhookReplayOrdered,
  WebhookTestOrdered,
  WebhookUpdated,
} from '@solyx/contracts/billing';
import { DISABLE_AFTER_DAYS } from './failing';
import { uselessGlob } from './selection';
import { urlFault, type UrlPolicy } from './url-policy';

/** What the whole platform allows, as arguments of a decision. */
export interface EndpointRules {
  readonly policy: UrlPolicy;
  /** Every public event type. */
  readonly types: readonly string[];
}

interface Asked {
  readonly endpointId: string;
  readonly organizationId: string;
  readonly requestId: string;
  readonly at: string;
}

interface Failure {
  readonly endpointId: string;
  readonly organizationId: string;
  readonly failingSince: string;
  readonly lastStatus?: number;
  readonly lastError?: string;
  readonly at: string;
}

export type EndpointCommand =
  | Command<'CreateEndpoint', WebhookCreated['data'] & { readonly rules: EndpointRules; readonly others: number }>
  | Command<
      'UpdateEndpoint',
      Asked & {
        readonly url?: string;
        readonly description?: string;
        readonly types?: readonly string[];
        readonly ordering?: WebhookOrdering;
        readonly enabled?: boolean;
        readonly rules: EndpointRules;
      }
    >
  | Command<'RotateKey', Asked & { readonly key: WebhookKey; readonly previousUntil: string }>
  | Command<'OrderRedelivery', WebhookRedeliveryOrdered['data']>
  | Command<'OrderReplay', WebhookReplayOrdered['data']>
  | Command<'OrderTest', WebhookTestOrdered['data']>
  | Command<'DeleteEndpoint', Asked>
  | Command<'ReportFailing', Failure & { readonly days: number }>
  | Command<'ReportGone', Failure>
  | Command<'ReportArrival', { readonly endpointId: string; readonly organizationId: string; readonly at: string }>;

export type EndpointEvent =
  | WebhookCreated
  | WebhookUpdated
  | WebhookKeyRotated
  | WebhookKeyRevoked
  | WebhookDisabled
  | WebhookEnabled
  | WebhookDeleted
  | WebhookFailing
  | WebhookRecovered
  | WebhookRedeliveryOrdered
  | WebhookReplayOrdered
  | WebhookTestOrdered;

export type EndpointRefusal =
  | 'WebhookUnknown'
  | 'WebhookExists'
  | 'WebhookUrlRefused'
  | 'WebhookTypeUnknown'
  | 'WebhookLimitReached'
  | 'WebhookDisabled'
  | 'WebhookSelectionEmpty';

export interface PreviousKey extends WebhookKey {
  /** Exclusive. */
  readonly until: string;
}

export interface Endpoint {
  readonly phase: 'Unknown' | 'Enabled' | 'Disabled' | 'Deleted';
  readonly organizationId: string;
  readonly settings: WebhookSettings;
  readonly key: WebhookKey | undefined;
  /** Newest first, at most four: those that still sign, and perhaps those that did until lately. */
  readonly previous: readonly PreviousKey[];
  /** Since when nothing arrives, and after how many days the owner was told. */
  readonly notice: { readonly failingSince: string; readonly days: number } | undefined;
  /** Requests that were granted, the newest last, so that a late repeat is known. */
  readonly requests: readonly string[];
}

export const ENDPOINTS_PER_ORGANIZATION_MAX = 50;
const PREVIOUS_KEYS_MAX = 4;
const REQUESTS_KNOWN_MAX = 64;

type Answer = Decision<EndpointEvent, EndpointRefusal>;

const settingsFault = (settings: WebhookSettings, rules: EndpointRules): Answer | undefined => {
  const fault = urlFault(settings.url, rules.policy);
  if (fault !== undefined) return refuse('WebhookUrlRefused', { fault });
  const useless = uselessGlob(settings.types, rules.types);
  if (settings.types.length === 0 || useless !== undefined)
    return refuse('WebhookTypeUnknown', { type: useless ?? '' });
  return undefined;
};

function create(data: Extract<EndpointCommand, { type: 'CreateEndpoint' }>['data'], endpoint: Endpoint): Answer {
  const { rules, others, ...event } = data;
  if (endpoint.requests.includes(event.requestId)) return accept();
  if (endpoint.phase !== 'Unknown') return refuse('WebhookExists');
  if (others >= ENDPOINTS_PER_ORGANIZATION_MAX) {
    return refuse('WebhookLimitReached', { limit: ENDPOINTS_PER_ORGANIZATION_MAX });
  }
  return settingsFault(event.settings, rules) ?? accept<EndpointEvent>(WebhookCreated(event));
}

function update(data: Extract<EndpointCommand, { type: 'UpdateEndpoint' }>['data'], endpoint: Endpoint): Answer {
  const { rules, enabled, url, description, types, ordering, ...asked } = data;
  const { settings } = endpoint;
  const wanted: WebhookSettings = {
    url: url ?? settings.url,
    description: description ?? settings.description,
    types: types ?? settings.types,
    ordering: ordering ?? settings.ordering,
  };
  const fault = settingsFault(wanted, rules);
  if (fault) return fault;
  const { endpointId, organizationId, at } = asked;
  const updated = WebhookUpdated({ ...asked, settings: wanted });
  if (enabled === true && endpoint.phase === 'Disabled') {
    return accept<EndpointEvent>(updated, WebhookEnabled(asked));
  }
  if (enabled === false && endpoint.phase === 'Enabled') {
    return accept<EndpointEvent>(updated, WebhookDisabled({ endpointId, organizationId, cause: 'requested', at }));
  }
  return accept<EndpointEvent>(updated);
}

function rotate(data: Extract<EndpointCommand, { type: 'RotateKey' }>['data'], { key, previous }: Endpoint): Answer {
  if (!key) return refuse('WebhookUnknown');
  const { endpointId, organizationId, requestId, at, previousUntil } = data;
  const rotated = WebhookKeyRotated({ ...data, previousKeyId: key.keyId });
  if (previousUntil > at) return accept<EndpointEvent>(rotated);
  // Who has no overlap wants every older key dead, not the last one alone.
  const dead = [key, ...previous.filter(({ until }) => until > at)];
  const revoked = dead.map(({ keyId }) => WebhookKeyRevoked({ endpointId, organizationId, requestId, keyId, at }));
  return accept<EndpointEvent>(rotated, ...revoked);
}

function reportFailing(
  { days, ...failure }: Extract<EndpointCommand, { type: 'ReportFailing' }>['data'],
  { phase, notice }: Endpoint,
): Answer {
  if (phase !== 'Enabled') return accept();
  if (notice?.failingSince === failure.failingSince && notice.days >= days) return accept();
  const told = WebhookFailing({ ...failure, days });
  if (days < DISABLE_AFTER_DAYS) return accept<EndpointEvent>(told);
  return accept<EndpointEvent>(told, WebhookDisabled({ ...failure, cause: 'failing' }));
}

type Order = Extract<EndpointCommand, { type: `Order${string}` }>;

/** What is sent beyond what happens: only where something is sent at all. */
function order({ type, data }: Order, { phase }: Endpoint): Answer {
  if (type === 'OrderRedelivery') {
    const { deliveryIds = [], range } = data.selection;
    if (deliveryIds.length === 0 && !range) return refuse('WebhookSelectionEmpty');
  }
  if (phase !== 'Enabled') return refuse('WebhookDisabled');
  if (type === 'OrderRedelivery') return accept(WebhookRedeliveryOrdered(data));
  return type === 'OrderReplay' ? accept(WebhookReplayOrdered(data)) : accept(WebhookTestOrdered(data));
}

type Report = Extract<EndpointCommand, { type: `Report${string}` }>;

/** What became of deliveries. */
function hear({ type, data }: Report, endpoint: Endpoint): Answer {
  if (type === 'ReportFailing') return reportFailing(data, endpoint);
  if (type === 'ReportGone') {
    return endpoint.phase === 'Enabled' ? accept(WebhookDisabled({ ...data, cause: 'gone' })) : accept();
  }
  const { notice } = endpoint;
  return notice ? accept(WebhookRecovered({ ...data, failingSince: notice.failingSince })) : accept();
}

/** Commands about an endpoint that its owner has. */
function decideKnown(command: Exclude<EndpointCommand, { type: 'CreateEndpoint' }>, endpoint: Endpoint): Answer {
  switch (command.type) {
    case 'UpdateEndpoint':
      return update(command.data, endpoint);
    case 'RotateKey':
      return rotate(command.data, endpoint);
    case 'DeleteEndpoint':
      return accept(WebhookDeleted(command.data));
    case 'OrderRedelivery':
    case 'OrderReplay':
    case 'OrderTest':
      return order(command, endpoint);
    case 'ReportFailing':
    case 'ReportGone':
    case 'ReportArrival':
      return hear(command, endpoint);
  }
}

const granted = (endpoint: Endpoint, requestId: string): readonly string[] =>
  endpoint.requests.includes(requestId)
    ? endpoint.requests
    : [...endpoint.requests, requestId].slice(-REQUESTS_KNOWN_MAX);

/** Keys that sign at an instant, the newest first. */
export const keysInForce = ({ key, previous }: Endpoint, at: string): readonly WebhookKey[] =>
  key ? [key, ...previous.filter(({ until }) => at < until)] : [];

function evolveKeys(endpoint: Endpoint, { type, data }: WebhookKeyRotated | WebhookKeyRevoked): Endpoint {
  const requests = granted(endpoint, data.requestId);
  if (type === 'billing.webhook.key-revoked') {
    return { ...endpoint, requests, previous: endpoint.previous.filter(({ keyId }) => keyId !== data.keyId) };
  }
  const before = endpoint.key ? [{ ...endpoint.key, until: data.previousUntil }] : [];
  const previous = [...before, ...endpoint.previous].slice(0, PREVIOUS_KEYS_MAX);
  return { ...endpoint, requests, key: data.key, previous };
}

/** Where an organization hears of its events, with which keys, and whether anything arrives there. */
export const endpointDecider: Decider<EndpointCommand, Endpoint, EndpointEvent, EndpointRefusal> = {
  name: 'billing.webhook',
  initial: {
    phase: 'Unknown',
    organizationId: '',
    settings: { url: '', description: '', types: [], ordering: 'resource' },
    key: undefined,
    previous: [],
    notice: undefined,
    requests: [],
  },

  decide(command, endpoint) {
    if (command.type === 'CreateEndpoint') return create(command.data, endpoint);
    const { data } = command;
    if ('requestId' in data && endpoint.requests.includes(data.requestId)) return accept();
    const isKnown = endpoint.phase === 'Enabled' || endpoint.phase === 'Disabled';
    // Another organization's endpoint is as unknown as one that never was.
    if (!isKnown || endpoint.organizationId !== data.organizationId) {
      return 'requestId' in data ? refuse('WebhookUnknown') : accept();
    }
    return decideKnown(command, endpoint);
  },

  evolve(endpoint, event) {
    const { type, data } = event;
    switch (type) {
      case 'billing.webhook.created': {
        const { organizationId, settings, key, requestId } = data;
        return { ...endpoint, phase: 'Enabled', organizationId, settings, key, requests: [requestId] };
      }
      case 'billing.webhook.updated':
        return { ...endpoint, settings: data.settings, requests: granted(endpoint, data.requestId) };
      case 'billing.webhook.key-rotated':
      case 'billing.webhook.key-revoked':
        return evolveKeys(endpoint, event);
      case 'billing.webhook.disabled':
        return { ...endpoint, phase: 'Disabled' };
      case 'billing.webhook.enabled':
        return { ...endpoint, phase: 'Enabled', notice: undefined };
      case 'billing.webhook.deleted':
        return {
          ...endpoint,
          phase: 'Deleted',
          key: undefined,
          previous: [],
          requests: granted(endpoint, data.requestId),
        };
      case 'billing.webhook.failing':
        return { ...endpoint, notice: { failingSince: data.failingSince, days: data.days } };
      case 'billing.webhook.recovered':
        return { ...endpoint, notice: undefined };
      case 'billing.webhook.redelivery-ordered':
      case 'billing.webhook.replay-ordered':
      case 'billing.webhook.test-ordered':
        return { ...endpoint, requests: granted(endpoint, data.requestId) };
    }
  },
};
