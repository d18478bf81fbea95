import { IsBoolean, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class SiteDeclaredV1 {
  @IsString()
  @Length(1, 128)
  readonly siteId!: string;
  @IsString()
  @Length(1, 128)
  readonly region!: string;
  @IsString()
  @Length(1, 128)
  readonly provider!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A place where nodes or data are. */
export const SiteDeclared = defineEvent('sdn.site.declared', 1, SiteDeclaredV1);
export type SiteDeclared = EventOf<typeof SiteDeclared>;
