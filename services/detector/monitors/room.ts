/** How many monitors that nobody configured have a place, those that went and are remembered among them. Pure. */
import type { Place } from './discovery.ts'

/** Sockets right in one configured folder. */
export const IN_FOLDER_MAX = 32
/** Sockets in folders of their own below one configured folder. */
export const OWN_FOLDERS_MAX = 64
/** All that were found. */
export const FOUND_MAX = 128

/** Why there is no room for one more at this place; "" when there is. `taken` are the places of those that are known. */
export function whyNoRoom(place: Place, taken: readonly Place[]): string {
  if (taken.length >= FOUND_MAX) return `${FOUND_MAX} plug-ins are known already, those that went among them`
  const most = place.isOwnFolder ? OWN_FOLDERS_MAX : IN_FOLDER_MAX
  const alike = taken.filter(({ dir, isOwnFolder }) => dir === place.dir && isOwnFolder === place.isOwnFolder)
  if (alike.length < most) return ''
  return place.isOwnFolder
    ? `${most} plug-ins with folders of their own are known there already, those that went among them`
    : `${most} plug-ins are known of this folder already, those that went among them; give each a folder of its own`
}
