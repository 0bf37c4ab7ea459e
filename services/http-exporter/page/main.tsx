/** Opens the page. */
import { render } from 'preact'
import { App } from './parts/app.tsx'
import { openPage } from './state/page.ts'

const root = document.getElementById('page')
if (root !== null) {
  const page = openPage(document.baseURI)
  root.replaceChildren()
  render(<App page={page} />, root)
}
