import type { DocumentFormat } from '@solyx/contracts';

/** A rendered document: the same content gives the same bytes. */
export interface RenderedDocument {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

export const CONTENT_TYPES: Readonly<Record<DocumentFormat, string>> = {
  pdf: 'application/pdf',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  proof: 'application/json',
};

/** A name that is safe as a file's on every system. */
export const fileName = (stem: string, extension: string): string =>
  `${stem.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 120)}.${extension}`;
