import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { ISO_UTC } from '../rules';
import { GpuPool, NodeFacts } from '../values';

/** Public user key of NATS: `U` and 55 characters of base 32. */
export const NKEY_PUBLIC_USER = /^U[A-Z2-7]{55}$/;

/** `POST <gateway>/agents/join`: a machine with a one-time token asks to be part of the fleet. */
export class AgentJoinRequest {
  /** `slx_join_…`; spent by the first public key that uses it, and the same key may repeat the request. */
  @IsString()
  @Length(1, 256)
  readonly token!: string;
  /** The agent made its own key pair; its seed never travels. */
  @Matches(NKEY_PUBLIC_USER)
  readonly publicKey!: string;
  @IsString()
  @Length(1, 128)
  readonly site!: string;
  @IsString()
  @Length(1, 128)
  readonly region!: string;
  /** Rack, unique within the site. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly rack?: string;
  /** InfiniBand island, unique within the site. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly fabric?: string;
  /**
   * The machine is shared by the organization that joins it, which earns with it: what it should bring an hour as a
   * whole, micro-USD, for the scheduler to reckon with. What it earns is what its use is priced at. Absent: it is ours.
   */
  @IsOptional()
  @Matches(/^\d{1,15}$/)
  readonly sharedMicroUsdPerHour?: string;
  /** How its GPUs are shared. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => GpuPool)
  readonly pools?: readonly GpuPool[];
  @IsDefined()
  @ValidateNested()
  @Type(() => NodeFacts)
  readonly facts!: NodeFacts;
}

/** Answer 200 to a join. Errors are `{ code, reason, message, hint, details }` with the status of the code. */
export class AgentJoinResponse {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 1024)
  readonly natsUrl!: string;
  /** PEM of the authority that signed the bus's certificate, where it is a private one. */
  @IsOptional()
  @IsString()
  @MaxLength(65_536)
  readonly natsCa?: string;
  /** The node's identity on the bus, limited to its own subjects. */
  @IsString()
  @Length(1, 16_384)
  readonly jwt!: string;
  /** When the JWT ends; the agent renews it when a third of its life is left. */
  @Matches(ISO_UTC)
  readonly expiresAt!: string;
  @IsInt()
  @Min(1)
  @Max(60)
  readonly heartbeatSeconds!: number;
}

/**
 * `POST <gateway>/agents/renew`: a newer JWT for the same key. The proof is an Ed25519 signature by the agent's key,
 * base64url, over `renewalText(jwt, at)`; `at` may differ from the gateway's clock by five minutes.
 */
export class AgentRenewRequest {
  @IsString()
  @Length(1, 16_384)
  readonly jwt!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
  @IsString()
  @Length(1, 256)
  readonly signature!: string;
}

export class AgentRenewResponse {
  @IsString()
  @Length(1, 16_384)
  readonly jwt!: string;
  @Matches(ISO_UTC)
  readonly expiresAt!: string;
}

export const renewalText = (jwt: string, at: string): string => `solyx-agent-renew\n${at}\n${jwt}`;
