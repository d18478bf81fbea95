import PDFDocument from 'pdfkit';
import { printable } from './text';

export const INK = '#16202c';
export const GREY = '#66717e';
const PALE = '#d8dde3';
export const ACCENT = '#1f5fae';
export const WARNING = '#b3261e';

const WIDTH = 595.28;
const HEIGHT = 841.89;
const MARGIN = 48;
export const LEFT = MARGIN;
export const RIGHT = WIDTH - MARGIN;
const TOP = 56;
const BOTTOM = HEIGHT - 64;
const ELLIPSIS = '…';
const PLAIN = 'Helvetica';
const BOLD = 'Helvetica-Bold';

export interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly color?: string;
  /** What does not fit is cut, with an ellipsis. */
  readonly width?: number;
}

export interface PaperInfo {
  readonly title: string;
  readonly author: string;
  readonly subject: string;
  /** Date of the document, ISO 8601 UTC: the only date in the file. */
  readonly at: string;
  /** Printed at the foot of each page, beside the page number. */
  readonly foot: string;
  /** A rehearsal: a banner and a watermark on each page. */
  readonly simulated: boolean;
}

/** Measures each text once: to be cut, to end at the right, and by the library after it was written. */
class MeasuredDocument extends PDFDocument {
  private readonly widths = new Map<string, number>();
  private face = PLAIN;
  private points = 9;

  use(face: string, points: number): this {
    this.face = face;
    this.points = points;
    return this.font(face).fontSize(points);
  }

  override widthOfString(text: string, options?: PDFKit.Mixins.TextOptions): number {
    const key = `${this.face}${text}`;
    const known = this.widths.get(key);
    if (known !== undefined) return known * this.points;
    const width = super.widthOfString(text, options);
    this.widths.set(key, width / this.points);
    return width;
  }
}

/**
 * Sheets of A4 that are written from top to bottom. The same calls give the same bytes: no clock, no chance, and no
 * compression, whose result changes with its library.
 */
export class Paper {
  private readonly pdf: MeasuredDocument;
  y = TOP;

  constructor(private readonly info: PaperInfo) {
    const date = new Date(info.at);
    this.pdf = new MeasuredDocument({
      size: 'A4',
      margin: 0,
      bufferPages: true,
      compress: false,
      lang: 'en',
      displayTitle: true,
      info: {
        Title: printable(info.title),
        Author: printable(info.author),
        Subject: printable(info.subject),
        Creator: 'Solyx',
        Producer: 'Solyx',
        CreationDate: date,
        ModDate: date,
      },
    });
    this.startPage();
  }

  private startPage(): void {
    this.y = TOP;
    if (!this.info.simulated) return;
    this.pdf.save();
    this.pdf.rotate(-35, { origin: [WIDTH / 2, HEIGHT / 2] });
    this.pdf.use(BOLD, 92).fillColor(WARNING).fillOpacity(0.08);
    this.pdf.text('SIMULATED', 40, HEIGHT / 2 - 46, { lineBreak: false });
    this.pdf.restore();
    this.pdf.fillOpacity(1).rect(0, 0, WIDTH, 24).fill(WARNING);
    this.text(LEFT, 7, 'SIMULATED: a rehearsal. Nothing is owed, nothing was delivered.', {
      bold: true,
      color: '#ffffff',
    });
  }

  private use({ size = 9, bold = false, color = INK }: TextStyle): void {
    this.pdf.use(bold ? BOLD : PLAIN, size).fillColor(color);
  }

  private widthOf(text: string, { size = 9, bold = false }: TextStyle): number {
    return this.pdf.use(bold ? BOLD : PLAIN, size).widthOfString(text);
  }

  private fitted(text: string, style: TextStyle): string {
    const { width } = style;
    if (width === undefined || this.widthOf(text, style) <= width) return text;
    let kept = text;
    while (kept.length > 1 && this.widthOf(`${kept}${ELLIPSIS}`, style) > width) {
      const tooWide = this.widthOf(kept, style) / width;
      kept = kept.slice(0, Math.max(1, Math.min(kept.length - 1, Math.floor(kept.length / Math.max(1, tooWide)))));
    }
    return `${kept.trimEnd()}${ELLIPSIS}`;
  }

  text(x: number, y: number, text: string, style: TextStyle = {}): void {
    const shown = this.fitted(printable(text), style);
    this.use(style);
    this.pdf.text(shown, x, y, { lineBreak: false });
  }

  /** Ends at `x`. */
  textRight(x: number, y: number, text: string, style: TextStyle = {}): void {
    const shown = this.fitted(printable(text), style);
    const start = x - this.widthOf(shown, style);
    this.use(style);
    this.pdf.text(shown, start, y, { lineBreak: false });
  }

  /** Words in as many lines as they need, at most `linesMax`; answers how high that is. */
  paragraph(x: number, text: string, style: TextStyle & { readonly width: number }, linesMax = 6): void {
    const { size = 9, width } = style;
    const lines: string[] = [];
    let line = '';
    for (const word of printable(text).split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && this.widthOf(longer, style) > width) {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    lines.push(line);
    for (const one of lines.slice(0, linesMax)) {
      this.room(size * 1.4);
      this.text(x, this.y, one, style);
      this.y += size * 1.4;
    }
  }

  rule(color = PALE, thickness = 0.6): void {
    this.pdf.moveTo(LEFT, this.y).lineTo(RIGHT, this.y).lineWidth(thickness).strokeColor(color).stroke();
  }

  /** A coloured band over the whole width, from where the next line will be. */
  band(height: number, color: string): void {
    this.pdf.rect(LEFT, this.y, RIGHT - LEFT, height).fill(color);
  }

  /** Turns the page where there is not so much room left; then `onNewPage` prints what every page begins with. */
  room(height: number, onNewPage?: () => void): void {
    if (this.y + height <= BOTTOM) return;
    this.pdf.addPage();
    this.startPage();
    onNewPage?.();
  }

  attach(name: string, content: Buffer, description: string): void {
    const date = new Date(this.info.at);
    const options = {
      name,
      type: 'application/json',
      description,
      creationDate: date,
      modifiedDate: date,
      hidden: false,
    };
    this.pdf.file(content, { ...options, relationship: 'Data' } as unknown as Parameters<typeof this.pdf.file>[1]);
  }

  /** The file, with the foot of each page. */
  finish(): Buffer {
    const { count } = this.pdf.bufferedPageRange();
    for (let page = 0; page < count; page += 1) {
      this.pdf.switchToPage(page);
      this.y = BOTTOM + 22;
      this.rule();
      this.text(LEFT, BOTTOM + 30, this.info.foot, { size: 7.5, color: GREY, width: RIGHT - LEFT - 80 });
      this.textRight(RIGHT, BOTTOM + 30, `Page ${page + 1} of ${count}`, { size: 7.5, color: GREY });
    }
    // Nothing of it waits for a file, a clock or a compressor: once it has ended, all of it is there to be read.
    this.pdf.end();
    const whole = this.pdf.read() as Buffer | null;
    return whole ?? Buffer.alloc(0);
  }
}
