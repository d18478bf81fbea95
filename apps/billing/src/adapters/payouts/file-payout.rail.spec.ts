import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isIban } from './credit-transfer';
import { FileIdentityCheck } from './file-identity.check';
import { FilePayoutRail } from './file-payout.rail';

const folder = mkdtempSync(path.join(tmpdir(), 'solyx-payouts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const payment = {
  payoutId: 'po_1',
  providerId: 'owner',
  accountRef: 'owner-1',
  netMicroUsd: '48250000',
  createdAt: '2026-02-01T08:00:00.000Z',
};
const rail = new FilePayoutRail(folder);
const put = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
const payments = (): readonly string[] => readdirSync(folder).filter((name) => name.endsWith('.xml'));

describe('The file rail', () => {
  it('waits until it knows from which account to pay', async () => {
    await expect(rail.submit(payment)).rejects.toMatchObject({ code: 'Unavailable' });
    expect(payments()).toEqual([]);
  });

  it('writes one message per payout, which never changes', async () => {
    const creditors = {
      'owner-1': { name: 'Höhle & <Söhne>', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' },
      bad: { name: 'x', iban: 'DE00370400440532013000' },
    };
    put('accounts.json', JSON.stringify({ debtor: { name: 'Solyx', iban: 'GB82WEST12345698765432' }, creditors }));
    expect(await rail.submit(payment)).toEqual({ taken: true, reference: 'po_1.xml' });
    const text = readFileSync(path.join(folder, 'po_1.xml'), 'utf8');
    for (const part of [
      '<MsgId>po_1</MsgId>',
      '<EndToEndId>po_1</EndToEndId>',
      '<InstdAmt Ccy="USD">48.25</InstdAmt>',
      '<Nm>Höhle &amp; &lt;Söhne&gt;</Nm>',
      '<IBAN>DE89370400440532013000</IBAN>',
      '<CtrlSum>48.25</CtrlSum>',
    ]) {
      expect(text).toContain(part);
    }
    expect(await rail.submit({ ...payment, netMicroUsd: '99990000' })).toEqual({ taken: true, reference: 'po_1.xml' });
    expect(readFileSync(path.join(folder, 'po_1.xml'), 'utf8')).toBe(text);
  });

  it('writes it once when many submit at the same time, and leaves nothing half written', async () => {
    const writers = Array.from({ length: 8 }, () =>
      new FilePayoutRail(folder).submit({ ...payment, payoutId: 'po_2' }),
    );
    expect(new Set((await Promise.all(writers)).map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(readdirSync(folder).sort()).toEqual(['accounts.json', 'po_1.xml', 'po_2.xml']);
  });

  it('refuses accounts that are not there or not valid', async () => {
    const of = (payoutId: string, accountRef: string) => rail.submit({ ...payment, payoutId, accountRef });
    expect(await of('po_3', 'nobody')).toMatchObject({ taken: false });
    expect(await of('po_4', '__proto__')).toMatchObject({ taken: false });
    expect(await of('po_5', 'bad')).toMatchObject({ taken: false });
    expect(await of('../po_6', 'owner-1')).toMatchObject({ taken: false });
    expect(payments()).toHaveLength(2);
  });

  it('reads what the bank answered', async () => {
    expect(await rail.statusOf(payment)).toEqual({ status: 'pending' });
    put('po_1.status', 'paid\n');
    expect(await rail.statusOf(payment)).toEqual({ status: 'paid' });
    put('po_1.status', 'returned\nAC04 closed account\n');
    expect(await rail.statusOf(payment)).toEqual({ status: 'returned', reason: 'AC04 closed account' });
    put('po_1.status', 'perhaps');
    expect(await rail.statusOf(payment)).toEqual({ status: 'pending' });
  });

  it.each([
    ['GB82WEST12345698765432', true],
    ['GB82WEST12345698765433', false],
    ['DE89370400440532013000', true],
    ['de89370400440532013000', false],
    ['', false],
  ])('knows whether the check digits of %s fit', (iban, fits) => {
    expect(isIban(iban)).toBe(fits);
  });
});

describe('Checks that people made', () => {
  it('are read from their file; who is not in it waits', async () => {
    put(
      'checked.json',
      JSON.stringify([
        { organizationId: 'owner', documentRef: 'd1', verified: true, note: 'case 7' },
        { organizationId: 'other', documentRef: 'd2', verified: false, note: 'not who they say' },
      ]),
    );
    const check = new FileIdentityCheck(path.join(folder, 'checked.json'));
    const of = (providerId: string, documentRef: string) => check.check({ providerId, documentRef });
    expect(await of('owner', 'd1')).toEqual({ outcome: 'verified', reference: 'case 7' });
    expect(await of('owner', 'd2')).toEqual({ outcome: 'pending' });
    expect(await of('other', 'd2')).toEqual({ outcome: 'rejected', reason: 'not who they say' });
    expect(await new FileIdentityCheck(undefined).check({ providerId: 'owner', documentRef: 'd1' })).toEqual({
      outcome: 'pending',
    });
    put('checked.json', '{}');
    await expect(of('owner', 'd1')).rejects.toMatchObject({ code: 'Unavailable' });
  });
});
