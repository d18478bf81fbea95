/**
 * Lints texts as if they lay at given paths, under the rules of this repository: `[{ file, text }]` on standard input,
 * `[["rule", …], …]` on standard output. A process of its own, because Jest cannot load the configuration, a module.
 *
 * Rules that need types are left out, since the texts belong to no program.
 */
import { text } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const withoutTypes = {
  ...tseslint.configs.disableTypeChecked,
  files: ['**/*.ts'],
  languageOptions: { parserOptions: { project: null, programs: null, projectService: false } },
};
const eslint = new ESLint({ overrideConfig: [withoutTypes] });
const texts = JSON.parse(await text(process.stdin));
const rules = [];
for (const { file, text: source } of texts) {
  const [result] = await eslint.lintText(source, { filePath: file });
  // A text that is not even read would pass every rule.
  if (!result) throw new Error(`${file} is not linted at all`);
  rules.push(result.messages.filter(({ severity }) => severity === 2).map(({ ruleId, message }) => ruleId ?? message));
}
console.log(JSON.stringify(rules));
