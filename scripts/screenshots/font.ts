import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian's `fonts-inter` puts its files. */
const folders = ['/usr/share/fonts/opentype/inter', '/usr/share/fonts/truetype/inter'];

export const prettyFont = (): boolean => folders.some((folder) => existsSync(folder));

/** Settings of fontconfig that make Inter the system's font, for one process. Gives the file's path. */
export function fontSettings(folder: string): string {
  const file = join(folder, 'fonts.conf');
  const prefer = ['system-ui', 'sans', 'sans-serif']
    .map(
      (family) => `<match target="pattern">
    <test name="family"><string>${family}</string></test>
    <edit name="family" mode="prepend_first" binding="strong"><string>Inter</string></edit>
  </match>`,
    )
    .join('\n  ');
  writeFileSync(
    file,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include>/etc/fonts/fonts.conf</include>
  ${prefer}
</fontconfig>
`,
  );
  return file;
}
