/** A piece of output: one line, or a part of one that is too long. */
export interface Piece {
  /** Byte offset of its beginning in the output. */
  readonly offset: number;
  /** Byte offset after it, its line end included. */
  readonly end: number;
  readonly text: string;
  readonly partial: boolean;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Does a character of UTF-8 begin here? */
const isBoundary = (byte: number | undefined): boolean => byte === undefined || (byte & 0xc0) !== 0x80;

/**
 * Cuts a byte stream into lines of at most `bytesMax` bytes. Same bytes from the same offset give the same pieces,
 * however they were read, so that each piece can be named by its offset.
 */
export class LineSplitter {
  private rest: Buffer = Buffer.alloc(0);

  constructor(
    private offset: number,
    private readonly bytesMax: number,
  ) {}

  /** Bytes that wait for their line end. */
  get waiting(): number {
    return this.rest.length;
  }

  push(chunk: Buffer): readonly Piece[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const pieces: Piece[] = [];
    for (;;) {
      const newline = this.rest.indexOf(NEWLINE);
      // A line end just behind the limit belongs to the line.
      if (newline >= 0 && newline <= this.bytesMax) pieces.push(this.take(newline, 1));
      else if (this.rest.length > this.bytesMax) pieces.push(this.take(this.boundary(), 0));
      else return pieces;
    }
  }

  /** What is left when nothing more will come. */
  end(): readonly Piece[] {
    return this.rest.length === 0 ? [] : [this.take(this.rest.length, 0, false)];
  }

  private boundary(): number {
    let cut = this.bytesMax;
    while (cut > this.bytesMax - 4 && !isBoundary(this.rest[cut])) cut -= 1;
    return isBoundary(this.rest[cut]) ? cut : this.bytesMax;
  }

  private take(length: number, ending: number, partial = ending === 0): Piece {
    const bytes = this.rest.subarray(0, length);
    const trimmed = !partial && bytes[bytes.length - 1] === RETURN ? bytes.subarray(0, -1) : bytes;
    const piece = { offset: this.offset, end: this.offset + length + ending, text: trimmed.toString('utf8'), partial };
    this.offset = piece.end;
    this.rest = this.rest.subarray(length + ending);
    return piece;
  }
}
