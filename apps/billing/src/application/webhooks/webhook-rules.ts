import type { UrlPolicy } from '../../domain/webhooks/url-policy';

/** What the installation allows. */
export abstract class WebhookRules {
  abstract readonly policy: UrlPolicy;
}
