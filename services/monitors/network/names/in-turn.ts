/** In which order the addresses of a name are tried. Pure. */
import { isAddressOfV6 } from './hosts-file.ts'

/** Of a name with very many addresses so many are tried. */
const ADDRESSES_MAX = 6

/**
 * One family after the other: a node that has no addresses of one is asked by the other.
 * @param like an address to which there is a way: its family goes first. Default: IPv4
 */
export function inTurn(addresses: readonly string[], like = ''): readonly string[] {
  const isFirst = (address: string) => isAddressOfV6(address) === isAddressOfV6(like)
  const [first, second] = [addresses.filter(isFirst), addresses.filter((one) => !isFirst(one))]
  const longest = Math.max(first.length, second.length)
  const turns = Array.from({ length: longest }, (_, at) => [...first.slice(at, at + 1), ...second.slice(at, at + 1)])
  return turns.flat().slice(0, ADDRESSES_MAX)
}
