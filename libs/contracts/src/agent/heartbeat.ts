import { IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { ISO_UTC } from '../rules';

/** `agent.<nodeId>.heartbeat`, every few seconds: the node lives. JSON, no answer. */
export class AgentHeartbeat {
  /** By the agent's clock. Order and silence are judged by the receiver's. */
  @Matches(ISO_UTC)
  readonly at!: string;
  /** When this agent process started; another value is a restart. */
  @Matches(ISO_UTC)
  readonly startedAt!: string;
  /** From 0, since the start. */
  @IsInt()
  @Min(0)
  readonly sequence!: number;
  @IsString()
  @Length(1, 64)
  readonly version!: string;
  /** Tasks that run now. */
  @IsInt()
  @Min(0)
  @Max(100_000)
  readonly tasks!: number;
}
