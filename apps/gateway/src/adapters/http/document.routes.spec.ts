import { createHash } from 'node:crypto';
import { DOCUMENT_SUBJECT } from '@solyx/contracts';
import { startGateway, type Harness } from '../../test/gateway-harness';

const CHUNK = 1_000;
const BYTES = Buffer.from(Array.from({ length: 2_500 }, (_, index) => index % 251));
const SHA256 = createHash('sha256').update(BYTES).digest('hex');

interface Question {
  readonly organizationId: string;
  readonly kind: string;
  readonly id: string;
  readonly format: string;
  readonly offset: number;
  readonly reader: { readonly organizationId: string; readonly roles: readonly string[] };
}

describe('Documents', () => {
  let gateway: Harness;
  let key: string;
  const asked: Question[] = [];
  /** What billing says of the piece at an offset. */
  let piece: (question: Question) => unknown;

  beforeAll(async () => {
    gateway = await startGateway();
    key = await gateway.key('acme', 'billing');
    gateway.desk.answers.set(DOCUMENT_SUBJECT, (question) => {
      asked.push(question as unknown as Question);
      return piece(question as unknown as Question);
    });
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    asked.length = 0;
    piece = ({ offset }) => ({
      chunk: {
        ...{ fileName: 'INV-000001.pdf', contentType: 'application/pdf', total: BYTES.length, offset, sha256: SHA256 },
        chunk: BYTES.subarray(offset, offset + CHUNK).toString('base64'),
      },
    });
  });

  const get = (path: string, headers: Record<string, string> = {}, as = key): Promise<Response> =>
    fetch(`${gateway.url}/v1/documents/${path}`, { headers: { authorization: `Bearer ${as}`, ...headers } });
  const said = async (response: Response) => (await response.json()) as Record<string, unknown>;

  it('come whole, piece by piece, under the name and type that they have', async () => {
    const response = await get('invoice/acme.2026-01?format=pdf');
    expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
    expect([response.status, asked.map(({ offset }) => offset)]).toEqual([200, [0, CHUNK, 2 * CHUNK]]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{ 'content-type': 'application/pdf', 'content-length': String(BYTES.length), etag: `"${SHA256}"` },
      ...{ 'content-disposition': 'attachment; filename="INV-000001.pdf"', 'cache-control': 'private, no-cache' },
    });
  });

  it('are asked for in the name of who asks', async () => {
    await (await get('chargeback/2026-01?format=csv&by=label&label=team')).arrayBuffer();
    expect(asked[0]).toMatchObject({
      ...{ organizationId: 'acme', kind: 'chargeback', id: '2026-01', format: 'csv', by: 'label', label: 'team' },
      reader: { organizationId: 'acme', roles: ['billing'] },
    });
  });

  it('are not sent again to who has them', async () => {
    const response = await get('invoice/acme.2026-01', { 'if-none-match': `"${SHA256}"` });
    expect([response.status, await response.text(), asked.length]).toEqual([304, '', 1]);
  });

  it('are for those with a key, and margins for operators alone', async () => {
    expect((await fetch(`${gateway.url}/v1/documents/invoice/acme.2026-01`)).status).toBe(401);
    expect(await said(await get('margin/2026-01'))).toMatchObject({ code: 'PermissionDenied' });
    expect(await said(await get('invoice/rival.2026-01?organization=rival'))).toMatchObject({
      code: 'PermissionDenied',
    });
    expect(asked).toEqual([]);
    const operator = await gateway.key('acme', 'operator');
    expect((await get('margin/2026-01', {}, operator)).status).toBe(200);
  });

  it.each([
    ['novel/acme.2026-01', /kind is not one of invoice/],
    ['invoice/acme.2026-01?format=docx', /format is not one of pdf/],
    ['invoice/..%2f..%2fetc', /id is no id/],
  ])('%s are refused before anybody is asked', async (path, message) => {
    const response = await get(path);
    expect([response.status, asked]).toEqual([400, []]);
    expect((await said(response))['message']).toMatch(message);
  });

  it('say what billing says where it says no', async () => {
    const refusal = { code: 'NotFound', reason: 'InvoiceUnknown', message: 'no', hint: 'List them.', retryable: false };
    piece = () => ({ refusal });
    const response = await get('invoice/acme.1999-01');
    expect(response.status).toBe(404);
    expect(await said(response)).toMatchObject({ code: 'NotFound', reason: 'InvoiceUnknown', hint: 'List them.' });
  });

  it('break off where the bytes are not those that were promised', async () => {
    const good = piece;
    piece = (question) => {
      const { chunk } = good(question) as { chunk: Record<string, unknown> };
      const damaged = Buffer.alloc(Math.min(CHUNK, BYTES.length - question.offset), 7).toString('base64');
      return question.offset === 0 ? { chunk } : { chunk: { ...chunk, chunk: damaged } };
    };
    await expect(get('invoice/acme.2026-01').then((response) => response.arrayBuffer())).rejects.toThrow();
  });
});
