/** The tab shows the verdict too: in its title, and as the shape of its icon. */
import type { Level } from '#view'

const TITLE = 'Node Doctor'

const ICONS = {
  healthy:
    "<circle cx='6' cy='6' r='6' fill='%230c7a6c'/><path d='M3.2 6.2 5.2 8.2 8.9 4.2' fill='none' stroke='white' stroke-width='1.4'/>",
  info: "<circle cx='6' cy='6' r='5' fill='none' stroke='%2364686e' stroke-width='2'/>",
  warning: "<path d='M6 .8 11.8 11.2H.2Z' fill='%23bd7e00'/>",
  error: "<path d='M6 0 12 6 6 12 0 6Z' fill='%23c4490a'/>",
  critical:
    "<rect width='12' height='12' rx='1.5' fill='%23b0083f'/><path d='M5.2 2.4h1.6v4.5H5.2zM5.2 8.1h1.6v1.6H5.2z' fill='white'/>",
  unknown: "<circle cx='6' cy='6' r='4.9' fill='none' stroke='%234d5fbd' stroke-width='2' stroke-dasharray='2.2 1.9'/>",
  stale:
    "<circle cx='6' cy='6' r='4.9' fill='none' stroke='%2364686e' stroke-width='2'/><path d='M6 3v3.3l2 1.4' fill='none' stroke='%2364686e' stroke-width='1.5'/>",
} as const satisfies Record<Level, string>

export function showInTab(title: string, level: Level): void {
  document.title = title === TITLE ? TITLE : `${title} – ${TITLE}`
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  if (icon !== null) {
    icon.href = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 12 12'%3E${ICONS[level].replaceAll('<', '%3C').replaceAll('>', '%3E')}%3C/svg%3E`
  }
}
