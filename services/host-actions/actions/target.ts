/** What stands behind the word of a target: "kubelet.service" of "unit:kubelet.service". */
export function nameOf(target: string): string {
  return target.slice(target.indexOf(':') + 1)
}
