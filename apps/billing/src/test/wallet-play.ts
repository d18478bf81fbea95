import { fold } from '@solyx/kernel';
import { replay } from '@solyx/testing';
import { eventRegistry } from '@solyx/contracts';
import type { WalletDrawn } from '@solyx/contracts/billing';
import { walletDecider, type WalletCommand } from '../domain/wallet';
import { availableOf, type Wallet, type WalletEvent } from '../domain/wallet-state';

/** A wallet after commands of which none is refused. */
export const after = (...commands: readonly WalletCommand[]): Wallet => {
  const { state, refusals } = replay(walletDecider, commands);
  expect(refusals).toEqual([]);
  return state;
};
export const decided = (wallet: Wallet, command: WalletCommand) => walletDecider.decide(command, wallet);
/** What is recorded, validated as the store would. */
export const events = (wallet: Wallet, command: WalletCommand): readonly WalletEvent[] => {
  const decision = decided(wallet, command);
  if (!decision.accepted) throw new Error(`${decision.reason} ${JSON.stringify(decision.details)}`);
  for (const event of decision.events) eventRegistry.validate(event, 64 * 1024);
  return decision.events;
};
export const types = (wallet: Wallet, command: WalletCommand) =>
  events(wallet, command).map(({ type }) => type.replace('billing.wallet.', ''));
export const refusal = (wallet: Wallet, command: WalletCommand) => {
  const decision = decided(wallet, command);
  return decision.accepted ? 'accepted' : decision.reason;
};
export const step = (wallet: Wallet, command: WalletCommand): Wallet =>
  fold(walletDecider, events(wallet, command), wallet);
export const drawn = (wallet: Wallet, command: WalletCommand): WalletDrawn['data'] =>
  events(wallet, command).find(({ type }) => type === 'billing.wallet.drawn')!.data as WalletDrawn['data'];
export const shares = (wallet: Wallet, command: WalletCommand) =>
  drawn(wallet, command).parts.map(({ grantId, amountMicroUsd }) => [grantId, Number(amountMicroUsd)]);
export const available = (wallet: Wallet, simulated = false) => Number(availableOf(wallet, simulated));
