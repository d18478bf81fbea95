import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { INTEGER, ISO_UTC } from '../rules';

type Decorator = (target: object, property: string) => void;

/** Several rules of one field as one, since payloads are many and their fields alike. */
const all =
  (...rules: readonly Decorator[]): Decorator =>
  (target, property) => {
    for (const rule of rules) rule(target, property);
  };

export const id = (): Decorator => all(IsString(), Length(1, 128));
export const words = (most = 256): Decorator => all(IsString(), MaxLength(most));
export const time = (): Decorator => all(Matches(ISO_UTC));
export const count = (least = 0): Decorator => all(IsInt(), Min(least));
export const flag = (): Decorator => all(IsBoolean());
export const oneOf = (values: readonly string[]): Decorator => all(IsIn(values));
export const maybe = (): Decorator => all(IsOptional());
export const nested = (type: () => new () => object): Decorator => all(IsDefined(), ValidateNested(), Type(type));
export const list = (most: number, type: () => new () => object): Decorator =>
  all(IsArray(), ArrayMaxSize(most), ValidateNested({ each: true }), Type(type));
export const integer = (): Decorator => all(Matches(INTEGER));
/** `-12.340000`: six digits behind the point, for programs that take decimals alone. */
export const decimal = (): Decorator => all(Matches(/^-?\d{1,24}\.\d{6}$/));
