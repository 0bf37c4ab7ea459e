/** The chart's values with the schema of our configuration at `config`, as Helm's validator can read it. */

type Json = Record<string, unknown>

/** Go's regular expressions know no look-around: the pattern without them takes a little more, and the product refuses it. */
const LOOK_AROUND = /\(\?(?:=|!|<=|<!)(?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)/g

function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, of]) => [
      key,
      key === 'pattern' && typeof of === 'string'
        ? of.replace(LOOK_AROUND, '').replaceAll('\\0', '\\x00')
        : readable(of),
    ]),
  )
}

/**
 * @param values the chart's schema as it stands
 * @param editor the document's own
 */
export function chartSchema(values: Json, editor: Json): Json {
  const { $schema: _, $id: __, title: ___, required: ____, ...document } = editor
  const config = {
    ...(readable(document) as Json),
    description:
      'The configuration of all containers, docs/configuration.md. `node-doctor validate` says more than this schema.',
  }
  return { ...values, properties: { ...(values['properties'] as Json), config } }
}
