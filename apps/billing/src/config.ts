import { file, integer, readConfig } from '@solyx/platform';

export const config = readConfig(
  'billing',
  {
    pricesFile: file({ optional: true, about: 'Price list (JSON); the built-in one where left out.' }),
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
  },
  process.env,
);
