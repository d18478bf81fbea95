import { formatMicro } from '@solyx/kernel';

/** 1234567.5 as "1,234,567.500000", exact, so that columns align; files for machines have no separators. */
export function money(micro: bigint | string): string {
  const [whole = '0', fraction = ''] = formatMicro(BigInt(micro)).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${fraction}`;
}

/** A date as everybody reads it the same: 2026-01-31. */
export const day = (at: string): string => at.slice(0, 10);

/** To the minute: 2026-01-31 23:00 UTC. */
export const minute = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;

const ASCII = /^[ -~]*$/;
const WITHOUT_ACCENT: Readonly<Record<string, string>> = { Ł: 'L', ł: 'l', Đ: 'D', đ: 'd', ı: 'i', ħ: 'h', Ħ: 'H' };
const WIN_ANSI = /^[\u0020-\u007e\u00a0-\u00ff\u20ac\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026]$/;

/**
 * What the standard fonts of PDF can print (Windows-1252). Accents that they lack are dropped, other letters become `?`;
 * the JSON that is attached to each document holds every name as it is.
 */
export function printable(text: string): string {
  if (ASCII.test(text)) return text;
  let printed = '';
  for (const letter of text.normalize('NFC')) {
    if (WIN_ANSI.test(letter)) printed += letter;
    else if (/\s/.test(letter)) printed += ' ';
    else {
      const plain = WITHOUT_ACCENT[letter] ?? letter.normalize('NFKD').replace(/[^\u0020-\u007e]/g, '');
      printed += plain === '' ? '?' : plain;
    }
  }
  return printed;
}
