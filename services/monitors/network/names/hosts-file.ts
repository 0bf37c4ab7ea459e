/** /etc/hosts (hosts(5)). Pure. */

const V4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/
const V6 = /^[\da-f:]*:[\da-f:]*(\d+(\.\d+){3})?(%\S+)?$/i

/** Whether it is an address and no name. A text with a colon is no name in any case. */
export function isAddress(text: string): boolean {
  return V4.test(text) || V6.test(text)
}

/** The addresses that stand before a name, in their order; each line is an address and its names, up to a `#`. Never throws. */
export function addressesIn(text: string, name: string): readonly string[] {
  const wanted = name.replace(/\.$/, '').toLowerCase()
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/)
    return isAddress(address) && names.some((one) => one.toLowerCase() === wanted) ? [address] : []
  })
}
