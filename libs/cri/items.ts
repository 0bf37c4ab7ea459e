/** Lists as they come over the wire, read item by item: what is made of each is small, and nobody makes us hold millions of empty ones. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'

/** More of one kind no node has: the kubelet's own limit is at most some hundred pods. */
export const ITEMS_MAX = 10_000

/** Field 1, whose value is a message: of the answers of ListPodSandbox and ListContainers. */
const ITEM = 1

/**
 * @param itemOf makes a value of the bytes of one item
 * @returns undefined where there are more than {@link ITEMS_MAX}
 * @throws Error when the bytes are no such message
 */
export function readItems<Item>(bytes: Uint8Array, itemOf: (bytes: Uint8Array) => Item): Item[] | undefined {
  const reader = new BinaryReader(bytes)
  const items: Item[] = []
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (field !== ITEM || type !== WireType.LengthDelimited) {
      reader.skip(type, field)
      continue
    }
    if (items.length === ITEMS_MAX) return undefined
    items.push(itemOf(reader.bytes()))
  }
  return items
}
