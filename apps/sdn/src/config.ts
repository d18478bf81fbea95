import { file, readConfig } from '@solyx/platform';

export const config = readConfig(
  'sdn',
  { topologyFile: file({ optional: true, about: 'Sites and links (JSON); the built-in ones where left out.' }) },
  process.env,
);
