/** Commands that a document tells its reader to type: lines of shell blocks, and code within a sentence. */
const STARTS = /^(npx solyx|solyx|npm) [a-z]/;

/** In the order in which they stand; a comment behind a command is left out. */
export function commandsOf(markdown: string): readonly string[] {
  const blocks = [...markdown.matchAll(/^```(?:sh|bash|shell)\n([\s\S]*?)^```/gm)].flatMap(([, body = '']) =>
    body.split('\n'),
  );
  const prose = markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '');
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...inline].map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => STARTS.test(line));
}

/** Splits as a shell does where there is nothing but words and quotes; `npx` is left out. */
export function wordsOf(command: string): readonly string[] {
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
  return words[0] === 'npx' ? words.slice(1) : words;
}
