/** The environment variables that set a value. */
import { ADD_PREFIX, FILE_VARIABLE, SET_PREFIX, VARIABLES } from '../../libs/config/layers/environment.ts'
import { code, table } from './markdown.ts'

export function variablesTable(): string {
  return table(
    ['Variable', 'Sets'],
    [
      ...Object.entries(VARIABLES).map(([name, key]) => [code(name), code(key)]),
      [code(FILE_VARIABLE), 'the file that is read'],
      [
        code(`${SET_PREFIX}exporters__http__hostPort`),
        'any key: `__` between the steps; case does not count, `_` also stands for `-`',
      ],
      [
        code(`${ADD_PREFIX}detector__expect`),
        'adds an item, or a list of them, to a list that is written, or whose default stands in the schema: what it has stays, and nothing is there twice',
      ],
    ],
  )
}
