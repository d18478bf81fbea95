import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class LinkDeclaredV1 {
  @IsString()
  @Length(1, 128)
  readonly linkId!: string;
  @IsString()
  @Length(1, 128)
  readonly fromSite!: string;
  @IsString()
  @Length(1, 128)
  readonly toSite!: string;
  @IsInt()
  @Min(0)
  readonly latencyUs!: number;
  @IsInt()
  @Min(1)
  readonly bandwidthMbps!: number;
  @Matches(INTEGER)
  readonly egressMicroUsdPerGiB!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Two sites are connected, one way, at this latency, width and price; declared again when it changes. */
export const LinkDeclared = defineEvent('sdn.link.declared', 1, LinkDeclaredV1);
export type LinkDeclared = EventOf<typeof LinkDeclared>;
