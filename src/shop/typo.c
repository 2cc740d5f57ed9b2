#include "shop/typo.h"

#include "base/table.h"

/* None is so short that other firms' domains are near it. */
static const str common[] = {S_INIT("gmail.com"), S_INIT("outlook.com"), S_INIT("hotmail.com"),
    S_INIT("icloud.com"), S_INIT("yahoo.com"), S_INIT("protonmail.com"), S_INIT("interia.pl"),
    S_INIT("gazeta.pl"), S_INIT("poczta.onet.pl")};

/* Near to those, and in use. */
static const str others[] = {S_INIT("mail.com"), S_INIT("email.com"), S_INIT("ymail.com"),
    S_INIT("gmx.com"), S_INIT("interia.eu"), S_INIT("interia.com"), S_INIT("yahoo.ca"),
    S_INIT("yahoo.co.uk"), S_INIT("poczta.pl")};

static bool is_among(str domain, const str *all, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_is(all[i], domain))
            return true;
    return false;
}

str typo_guess(struct arena *mem, str email) {
    size_t at = str_find_byte(email, '@');
    str domain = str_lower(mem, str_from(email, at + 1));
    if (at == email.len || is_among(domain, common, COUNT(common))
        || is_among(domain, others, COUNT(others)))
        return S("");
    str meant = table_near(domain, common, COUNT(common));
    return meant.len ? JOIN(mem, str_part(email, 0, at + 1), meant) : S("");
}

struct typo typo_of(struct arena *mem, str email, const struct tree *fields) {
    return (struct typo){typo_guess(mem, email), str_is(email, tree_get(fields, TYPO_ASKED))};
}
