import { boolean, file, integer, readConfig, secret, url } from '@solyx/platform';

export const config = readConfig(
  'billing',
  {
    pricesFile: file({ optional: true, about: 'Price list (JSON); the built-in one where left out.' }),
    sliceSeconds: integer({
      about: 'Running work is charged in slices that end at multiples of this in UTC.',
      default: 3_600,
      min: 60,
      max: 86_400,
    }),
    settleSeconds: integer({
      about: 'A slice is charged so long after its end, so that work that ended in it is heard of before.',
      default: 15,
      min: 0,
      max: 3_600,
    }),
    proofKeyFile: file({
      optional: true,
      about: 'Ed25519 key (PEM) that heads of the log are signed with, made where missing; without it none are signed.',
    }),
    treeHeadEverySeconds: integer({
      about: 'A head is signed at least this often while there is something new.',
      default: 60,
      min: 1,
      max: 86_400,
    }),
    treeHeadEveryEvents: integer({
      about: 'A head is signed at the latest when this many events are not covered.',
      default: 10_000,
      min: 1,
    }),
    customersFile: file({
      optional: true,
      about: 'Addresses that invoices are printed with, by address reference (JSON); without it, names alone.',
    }),
    payoutFolder: file({
      optional: true,
      about:
        'Folder that payments for a bank are written to, with accounts.json in it; without it there is no file rail.',
    }),
    stripeUrl: url({ about: 'Payment service in the shape of Stripe Connect.', default: 'https://api.stripe.com' }),
    stripeKeyFile: file({ optional: true, about: 'Its secret key; without it there is no such rail.' }),
    identityFile: file({
      optional: true,
      about: 'Owners that people checked (JSON). Without it the payment service is asked; without either all wait.',
    }),
    disputeWindowDays: integer({
      about: 'So long a customer may dispute a charge of shared GPUs, and so long its earnings wait; 0: not at all.',
      default: 7,
      min: 0,
      max: 90,
    }),
    webhookKey: secret({
      about: 'Key that seals the secrets of webhooks; goes before the file. Processes that share a database share it.',
      pattern: /^[0-9a-fA-F]{64}$/,
      like: '64 hex digits',
      optional: true,
    }),
    webhookKeyFile: file({
      about: 'File with that key, made for its owner alone when the first webhook is made.',
      default: '.solyx/webhooks.key',
    }),
    webhookLocal: boolean({
      about: 'Webhooks may go to this machine and its network, over http and on any port: for developers alone.',
      default: false,
    }),
  },
  process.env,
);
