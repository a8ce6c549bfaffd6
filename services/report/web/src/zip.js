/* fflate as write-excel-file wants it, without workers made of blobs: the page's policy forbids those, and a panel's sheet
 * is small. build.mjs puts it in fflate's place. */
import { zipSync } from "fflate";

export { AsyncZipDeflate, Zip, ZipDeflate, strToU8, zipSync } from "fflate";

export function zip(files, done) {
        done(null, zipSync(files));
}
