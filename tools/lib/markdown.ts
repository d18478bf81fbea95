/** As much of Markdown as the specs of `tools` need. */

/** The text without fenced blocks, in which nothing is a link or a heading. */
const withoutBlocks = (markdown: string): string => markdown.replace(/^(```|~~~)[\s\S]*?^\1/gm, '');

export const headingsOf = (markdown: string): readonly string[] =>
  [...withoutBlocks(markdown).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading]) => heading ?? '');

/** How GitHub names the place of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

/** Targets of links and images, inline code left out. */
export function linksOf(markdown: string): readonly string[] {
  const prose = withoutBlocks(markdown).replace(/`[^`\n]*`/g, '');
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(([, target]) => target ?? '');
  const referenced = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)].map(([, target]) => target ?? '');
  return [...inline, ...referenced];
}

/** The cells of each row of the first table. */
export function tableOf(markdown: string): readonly (readonly string[])[] {
  const rows = /(?:^\|.*\|[ \t]*\n)+/m.exec(`${markdown}\n`)?.[0].trim().split('\n') ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
