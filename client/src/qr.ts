/** An address as a picture that phones read. */

import { encode } from 'uqr';

const SVG = 'http://www.w3.org/2000/svg';

/** Black on white in every theme: not every phone reads the inverse. */
export function qrCode(address: string, name: string): SVGSVGElement {
  const { data, size } = encode(address, { ecc: 'M', border: 4 });
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', name);
  svg.setAttribute('class', 'qr');
  svg.setAttribute('shape-rendering', 'crispEdges');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join(''));
  svg.append(path);
  return svg;
}
