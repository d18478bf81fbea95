/** An account at a bank, as the owner of the payment folder wrote it down. */
export interface BankAccount {
  readonly name: string;
  /** ISO 13616, without spaces. */
  readonly iban: string;
  /** ISO 9362. */
  readonly bic?: string;
}

export interface CreditTransfer {
  /** Becomes MsgId, PmtInfId and EndToEndId: at most 35 characters. A bank refuses the same message twice. */
  readonly id: string;
  readonly createdAt: string;
  /** Micro-USD, whole cents. */
  readonly amountMicroUsd: string;
  readonly debtor: BankAccount;
  readonly creditor: BankAccount;
}

const IBAN = /^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$/;
const MICRO_PER_CENT = 10_000n;

/** Whether the check digits fit: ISO 7064, MOD 97-10. */
export function isIban(text: string): boolean {
  if (!IBAN.test(text)) return false;
  const digits = [...`${text.slice(4)}${text.slice(0, 4)}`].map((letter) => parseInt(letter, 36).toString()).join('');
  return BigInt(digits) % 97n === 1n;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
/** Without what XML 1.0 does not allow, and at most as long as a name may be. */
const text = (value: string): string =>
  value
    .replace(/[\u0000-\u001f\u007f]/g, ' ')
    .slice(0, 140)
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? '');

/** "48.25" for 48,250,000. */
export function dollars(amountMicroUsd: string): string {
  const cents = (BigInt(amountMicroUsd) / MICRO_PER_CENT).toString().padStart(3, '0');
  return `${cents.slice(0, -2)}.${cents.slice(-2)}`;
}

const agent = (tag: string, { bic }: BankAccount): string =>
  `<${tag}><FinInstnId>${bic === undefined ? '<Othr><Id>NOTPROVIDED</Id></Othr>' : `<BICFI>${text(bic)}</BICFI>`}</FinInstnId></${tag}>`;
const account = (tag: string, { iban }: BankAccount): string => `<${tag}><Id><IBAN>${text(iban)}</IBAN></Id></${tag}>`;

/**
 * One payment as a message that banks take: ISO 20022 pain.001.001.09, CustomerCreditTransferInitiation, with one
 * transaction. The same transfer is the same text.
 */
export function creditTransferXml(transfer: CreditTransfer): string {
  const { id, createdAt, debtor, creditor } = transfer;
  const amount = dollars(transfer.amountMicroUsd);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>',
    `<GrpHdr><MsgId>${text(id)}</MsgId><CreDtTm>${createdAt}</CreDtTm><NbOfTxs>1</NbOfTxs><CtrlSum>${amount}</CtrlSum>`,
    `<InitgPty><Nm>${text(debtor.name)}</Nm></InitgPty></GrpHdr>`,
    `<PmtInf><PmtInfId>${text(id)}</PmtInfId><PmtMtd>TRF</PmtMtd>`,
    `<ReqdExctnDt><Dt>${createdAt.slice(0, 10)}</Dt></ReqdExctnDt>`,
    `<Dbtr><Nm>${text(debtor.name)}</Nm></Dbtr>${account('DbtrAcct', debtor)}${agent('DbtrAgt', debtor)}`,
    `<CdtTrfTxInf><PmtId><EndToEndId>${text(id)}</EndToEndId></PmtId>`,
    `<Amt><InstdAmt Ccy="USD">${amount}</InstdAmt></Amt>${agent('CdtrAgt', creditor)}`,
    `<Cdtr><Nm>${text(creditor.name)}</Nm></Cdtr>${account('CdtrAcct', creditor)}`,
    `<RmtInf><Ustrd>Solyx payout ${text(id)}</Ustrd></RmtInf></CdtTrfTxInf></PmtInf>`,
    '</CstmrCdtTrfInitn></Document>',
    '',
  ].join('\n');
}
