import { IsBoolean, IsIn, IsInt, IsString, Length, Max, MaxLength, Min } from 'class-validator';
import { SOURCES } from './constants';

/** What is free on a node, and what of that nobody can use. All in thousandths of a GPU. */
export class NodeFigures {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsBoolean()
  readonly simulated!: boolean;
  /** Empty where there is no GPU. */
  @IsString()
  @MaxLength(1024)
  readonly gpuModel!: string;
  @IsInt()
  @Min(0)
  readonly gpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly gpuMilliFree!: number;
  /**
   * Free, but out of reach of an average arrival: over the classes of the mix by weight, what they could not use
   * (F of Weng et al., "Beware of Fragmentation", ATC 2023).
   */
  @IsInt()
  @Min(0)
  readonly gpuMilliFragmented!: number;
  /** Free, but no class of the mix fits for want of CPU. */
  @IsInt()
  @Min(0)
  readonly gpuMilliWithoutCpu!: number;
  /** Free, but no class of the mix fits for want of memory. */
  @IsInt()
  @Min(0)
  readonly gpuMilliWithoutMemory!: number;
  /** Of what is free, per mille that is fragmented. */
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly fragmentedPerMille!: number;
}
