// Reads a file that this page carries within itself, by its name or as an element: gzipped, in base64, in
// a script that is data.
window.flamedropEmbedded = async (file) => {
  const element =
    typeof file === 'string' ? document.querySelector(`script[data-file="${CSS.escape(file)}"]`) : file;
  if (!element) return null;
  const text = element.textContent;
  let bytes;
  if (Uint8Array.fromBase64) {
    bytes = Uint8Array.fromBase64(text);
  } else {
    const letters = atob(text);
    bytes = new Uint8Array(letters.length);
    for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  }
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
};
