/** What a file gives to programs is told without its secrets. What is read of it stays as it is. */
import { ARGUMENTS, ENVIRONMENT } from '../layers/hide.ts'
import { withoutSecretArguments } from '../secret-arguments.ts'
import { HIDDEN } from '../secrets.ts'
import type { JsonNode } from './json.ts'
import { matchesKey } from './shapes.ts'

function hidden(node: JsonNode): JsonNode {
  return eachOf({ ...node, shown: HIDDEN }, (_key, value) => hidden(value))
}

function eachOf(node: JsonNode, each: (key: string, value: JsonNode) => JsonNode): JsonNode {
  if (node.kind === 'array') return { ...node, items: node.items.map((item) => each('', item)) }
  if (node.kind !== 'object') return node
  return { ...node, members: node.members.map((member) => ({ ...member, value: each(member.key, member.value) })) }
}

function textOf(node: JsonNode): string {
  if (node.kind === 'text') return node.value
  if (node.kind === 'number') return node.raw
  return node.kind === 'flag' ? String(node.value) : ''
}

/** Arguments one by one; what is none is hidden as a whole. */
function withoutArguments(node: JsonNode): JsonNode {
  if (node.kind !== 'array') return hidden(node)
  const shown = withoutSecretArguments(node.items.map(textOf))
  const items = node.items.map((item, index) => {
    if (item.kind === 'array' || item.kind === 'object') return hidden(item)
    return shown[index] === textOf(item) ? item : { ...item, shown: shown[index] ?? HIDDEN }
  })
  return { ...node, items }
}

/** A file with what is to be shown of such values, wherever they stand in it. */
export function hideGivenIn(root: JsonNode): JsonNode {
  return eachOf(root, (key, value) => {
    if (matchesKey(key, [ENVIRONMENT])) return hidden(value)
    return matchesKey(key, [ARGUMENTS]) ? withoutArguments(value) : hideGivenIn(value)
  })
}
