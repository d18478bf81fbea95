/** What the launcher knows once everything runs. */
export interface WelcomeFacts {
  readonly url: string;
  readonly readyMs: number;
  readonly memoryMiB?: number;
  readonly dataDir: string;
}

/** The first screen: what runs, where, with which key, what is simulated, and what to try. */
export function welcome(facts: WelcomeFacts & { readonly apiKey: string; readonly simulated: boolean }): string {
  const memory = facts.memoryMiB === undefined ? '' : `, ${Math.round(facts.memoryMiB)} MiB`;
  const fleet = facts.simulated
    ? 'this machine (real) and 64 SIMULATED GPUs (48 owned, 16 to lease): their work and prices are simulated'
    : 'this machine; nothing is simulated';
  const gpus = facts.simulated ? 'npx solyx run --gpu 2 --simulated -- python train.py' : 'npx solyx fleet';
  return [
    '',
    `Solyx is ready (${(facts.readyMs / 1000).toFixed(1)} s${memory}).`,
    '',
    `  GraphQL   ${facts.url}/graphql`,
    `  API key   ${facts.apiKey}`,
    `  Fleet     ${fleet}`,
    `  Data      ${facts.dataDir}`,
    '',
    'Try, in another terminal:',
    `  npx solyx run --gpu 0 -- node -e "console.log(6*7)"`,
    `  ${gpus}`,
    '  npx solyx replay verify',
    '',
    'Ctrl-C stops everything; what was recorded stays.',
  ].join('\n');
}
