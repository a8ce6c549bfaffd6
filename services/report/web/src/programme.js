/* The programme as the server tells it, made ready for looking names up. Nothing
 * here knows a programme by name. Pure. */

export function indexProgramme(answer) {
        const dimensions = new Map();

        for (const told of answer.dimensions || []) {
                const members = new Map(told.members.map((member, order) => [member.code, { ...member, order }]));
                dimensions.set(told.code, { ...told, members });
        }
        for (const dimension of dimensions.values())
                if (dimension.members_of) dimension.members = dimensions.get(dimension.members_of)?.members || dimension.members;
        return { ...answer, dimensions, kinds: new Map((answer.kinds || []).map((kind) => [kind.code, kind])) };
}

/* A name in the language; else in the other one; else the code. */
export function named(thing, lang) {
        return (lang === "zh" ? thing.zh || thing.en : thing.en || thing.zh) || thing.code || "";
}

/* Of what was asked of the server and failed: in both languages, so far as it said it in both. */
export const saidOf = (error) => ({ zh: error.zh, en: error.message });

export function memberLabel(programme, dimension, code, lang) {
        const member = programme.dimensions.get(dimension)?.members.get(code);
        return member ? named(member, lang) : code;
}

export function dimensionLabel(programme, code, lang) {
        const dimension = programme.dimensions.get(code);
        return dimension ? named(dimension, lang) : code;
}

/* Members in the programme's order; those that it does not have (as "", not stated) last. */
export function inOrder(programme, dimension, codes) {
        const members = programme.dimensions.get(dimension)?.members;
        const place = (code) => members?.get(code)?.order ?? Number.MAX_SAFE_INTEGER;
        return [...codes].sort((a, b) => place(a) - place(b));
}
