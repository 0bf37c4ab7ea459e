/** A program that prints all of `host.network` as JSON, to be run within a network. Argument: the host's root, "" for none. */
import { createHost } from '../host.ts'

const { network } = createHost({ root: process.argv[2] ?? '' })
const read = {
  hostNetwork: await network.hostNetwork(),
  neighboursV4: await network.neighbours('v4'),
  neighboursV6: await network.neighbours('v6'),
  routesV4: await network.routes('v4'),
  routesV6: await network.routes('v6'),
  defaultsV4: await network.defaultRoutes('v4'),
  defaultsV6: await network.defaultRoutes('v6'),
  addressesV4: await network.addresses('v4'),
  addressesV6: await network.addresses('v6'),
}
export type NetworkRead = typeof read
console.log(JSON.stringify(read))
