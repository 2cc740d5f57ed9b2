#include "page/mark.h"
#include "page/view_facts.h"
#include "shop/typo.h"

/* The form's fields that are shown, as the theme's texts name them too; the group says which part
 * of the form opens for them. */
enum group { GROUP_ALWAYS, GROUP_COMPANY, GROUP_CODE };

static const struct {
    str name;
    enum group group;
} fields_shown[] = {
    {S_INIT("email"), GROUP_ALWAYS},
    {S_INIT("name"), GROUP_ALWAYS},
    {S_INIT("as_company"), GROUP_COMPANY},
    {S_INIT("country"), GROUP_COMPANY},
    {S_INIT("tax_id"), GROUP_COMPANY},
    {S_INIT("company"), GROUP_COMPANY},
    {S_INIT("street"), GROUP_COMPANY},
    {S_INIT("postcode"), GROUP_COMPANY},
    {S_INIT("city"), GROUP_COMPANY},
    {S_INIT("code"), GROUP_CODE},
};

/* Where the mistake stands in the form; "" when nothing of it is to be seen there. */
static str anchor(const struct shop *shop, str field) {
    for (size_t i = 0; i < COUNT(fields_shown); i++)
        if (str_is(fields_shown[i].name, field))
            return field;
    if (!str_starts(field, S("consent_")))
        return S("");
    for (size_t i = 0; i < shop->consent_count; i++)
        if (str_is(shop->consents[i].id, str_from(field, 8)))
            return field;
    return S("");
}

static void errors(struct view *v, const struct tree *wrong) {
    struct tree *list = tree_put(v->tree, S("errors"), tree_list(v->mem));
    for (const struct tree *w = wrong ? wrong->first : NULL; w; w = w->next) {
        struct tree *t = tree_add(list, tree_map(v->mem));
        tree_put_text(v->mem, t, S("field"), anchor(v->shop, w->name));
        tree_put_text(v->mem, t, S("label"), view_word(v, anchor(v->shop, w->name)));
        tree_put_text(v->mem, t, S("sentence"), tree_str(w));
    }
    tree_put_bool(v->mem, v->tree, S("mistaken"), list->count > 0);
}

/* `field` and `wrong`: every shown field by name; `company_open`, `code_open`. */
static void typed(struct view *v, const struct tree *fields, const struct tree *wrong) {
    bool open[] = {true, false, false};
    struct tree *field = tree_put(v->tree, S("field"), tree_map(v->mem));
    struct tree *bad = tree_put(v->tree, S("wrong"), tree_map(v->mem));
    for (size_t i = 0; i < COUNT(fields_shown); i++) {
        str name = fields_shown[i].name;
        str text = tree_get(fields, name);
        str sentence = tree_get(wrong, name);
        tree_put_text(v->mem, field, name, text);
        tree_put_text(v->mem, bad, name, sentence);
        bool own = fields_shown[i].group == GROUP_CODE || str_is(name, S("as_company"));
        if (sentence.len || (own && text.len))
            open[fields_shown[i].group] = true;
    }
    if (!tree_get(fields, S("country")).len)
        tree_put_text(v->mem, field, S("country"), v->shop->seller.country);
    tree_put_bool(v->mem, v->tree, S("company_open"), open[GROUP_COMPANY]);
    tree_put_bool(v->mem, v->tree, S("code_open"), open[GROUP_CODE]);
}

static void consents(struct view *v, const struct tree *fields, const struct tree *wrong) {
    struct tree *list = tree_put(v->tree, S("consents"), tree_list(v->mem));
    str pages = tree_get(tree_find(v->tree, S("to")), S("pages"));
    for (size_t i = 0; i < v->shop->consent_count; i++) {
        const struct consent *c = &v->shop->consents[i];
        str name = JOIN(v->mem, S("consent_"), c->id);
        struct tree *t = tree_add(list, tree_map(v->mem));
        tree_put_text(v->mem, t, S("name"), name);
        tree_put(t, S("html"), mark_label(v->mem, c->text, pages));
        tree_put_bool(v->mem, t, S("required"), c->required);
        tree_put_bool(v->mem, t, S("checked"), tree_get(fields, name).len > 0);
        tree_put_text(v->mem, t, S("wrong"), tree_get(wrong, name));
    }
}

static void keep(const struct view *v, struct tree *list, str name, str value) {
    struct tree *t = tree_add(list, tree_map(v->mem));
    tree_put_text(v->mem, t, S("name"), name);
    tree_put_text(v->mem, t, S("value"), value);
}

/* Where the buyer came from, and the key of the script: sent again as they came. Beside them the
 * e-mail that is near to another: `meant` asks once, and who sends the same again has it. */
static void kept(struct view *v, const struct tree *fields, bool wrong) {
    str email = wrong ? S("") : str_trim(tree_get(fields, S("email")));
    struct typo t = typo_of(v->mem, email, fields);
    struct tree *list = tree_put(v->tree, S("kept"), tree_list(v->mem));
    for (const struct tree *f = fields ? fields->first : NULL; f; f = f->next)
        if (str_starts(f->name, S("utm_")) || str_is(f->name, S("ref"))
            || str_is(f->name, S("key")))
            keep(v, list, f->name, tree_str(f));
    if (t.meant.len)
        keep(v, list, TYPO_ASKED, email);
    tree_put_text(v->mem, v->tree, S("meant"), t.asked ? S("") : t.meant);
}

static void product_put(const struct view *v, struct tree *t, const struct product *p) {
    struct arena *mem = v->mem;
    str pages = tree_get(tree_find(v->tree, S("to")), S("pages"));
    money tax = {0}, net = p->price;
    if (money_tax(p->price, p->tax, &tax).code == ERR_NONE)
        net.minor -= tax.minor;
    else
        tax = money_of(0, str_of(p->price.currency));
    const str rows[][2] = {{S("id"), p->id}, {S("name"), p->name},
        {S("price"), money_show(mem, p->price, v->lang)},
        {S("price_field"), money_write(mem, p->price)}, {S("net"), money_show(mem, net, v->lang)},
        {S("tax_amount"), money_show(mem, tax, v->lang)}, {S("rate"), view_tax_rate(mem, p->tax)},
        {S("image"), view_image(v, p->image, false)},
        {S("path"), JOIN(mem, pages, S("/p/"), p->id, S("/"))}};
    for (size_t i = 0; i < COUNT(rows); i++)
        tree_put_text(mem, t, rows[i][0], rows[i][1]);
}

/* Which keys a phone shows: where numbers have letters or dashes in them, all of them. */
static void keys(struct view *v, str country) {
    static const str digits_only[] = {S_INIT("AT"), S_INIT("BE"), S_INIT("BG"), S_INIT("CH"),
        S_INIT("DE"), S_INIT("DK"), S_INIT("EE"), S_INIT("ES"), S_INIT("FI"), S_INIT("FR"),
        S_INIT("HR"), S_INIT("HU"), S_INIT("IT"), S_INIT("LU"), S_INIT("NO"), S_INIT("RO"),
        S_INIT("SI"), S_INIT("UA"), S_INIT("US")};
    bool digits = false;
    for (size_t i = 0; i < COUNT(digits_only); i++)
        digits = digits || str_is_like(digits_only[i], country);
    bool polish = str_is_like(country, S("PL"));
    tree_put_text(v->mem, v->tree, S("postcode_keys"), digits ? S("numeric") : S("text"));
    tree_put_text(v->mem, v->tree, S("tax_id_keys"), polish ? S("numeric") : S("text"));
}

/* The first time the form is a static page; with something typed the program has made it. */
struct tree *view_buy(struct arena *mem, const struct shop *shop, const struct theme *theme,
    const struct product *p, const struct tree *fields, const struct tree *wrong) {
    enum view_made made = fields || wrong ? VIEW_PROGRAM : VIEW_STATIC;
    struct view v = view_new(mem, shop, theme, made);
    struct tree *t = tree_put(v.tree, S("product"), tree_map(mem));
    product_put(&v, t, p);
    view_title(&v, JOIN(mem, view_word(&v, S("order_title")), S(": "), p->name));
    tree_put_bool(mem, v.tree, S("noindex"), true);
    tree_put_bool(
        mem, v.tree, S("open"), shop_gateway_for(shop, str_of(p->price.currency)) != NULL);
    tree_put(v.tree, S("find"), tree_none(mem));
    typed(&v, fields, wrong);
    keys(&v, tree_get(tree_find(v.tree, S("field")), S("country")));
    tree_put_bool(mem, v.tree, S("first"), !wrong && !tree_get(fields, S("email")).len);
    consents(&v, fields, wrong);
    errors(&v, wrong);
    kept(&v, fields, tree_get(wrong, S("email")).len > 0);
    return v.tree;
}
