#include "shop/words.h"

#include "base/arena.h"

#include <assert.h>

/* clang-format off */
static const struct {
    str name, en, pl;
} sentences[] = {
    {S_INIT("whole"),
     S_INIT("Something in the form is not right yet. Nothing was charged."),
     S_INIT("Coś w formularzu wymaga poprawki. Nic nie zostało pobrane.")},
    {S_INIT("product_unknown"),
     S_INIT("This product cannot be bought here. Nothing was charged."),
     S_INIT("Tego produktu nie można tu kupić. Nic nie zostało pobrane.")},
    {S_INIT("email_missing"),
     S_INIT("Please give your e-mail: your access is sent there."),
     S_INIT("Podaj adres e-mail: tam wyślemy dostęp.")},
    {S_INIT("email_wrong"),
     S_INIT("This e-mail cannot be right. Please write it like name@example.com."),
     S_INIT("Ten adres e-mail nie może być poprawny. Wpisz go w postaci imie@example.com.")},
    {S_INIT("email_letters"),
     S_INIT("In front of the @ is a letter that mail servers do not take, like ą, ł or ü. Please "
         "write the address in plain letters, as it stands in your mail program."),
     S_INIT("Przed znakiem @ jest litera, której serwery poczty nie przyjmują, na przykład ą, ł "
         "albo ü. Wpisz adres bez polskich znaków, tak jak jest w twoim programie pocztowym.")},
    {S_INIT("email_domain"),
     S_INIT("Behind the @ is a letter other than a to z, like ł or ü. Please write that part in "
         "plain letters, as your mail provider gives it: it begins with xn--."),
     S_INIT("Za znakiem @ jest litera inna niż a–z, na przykład ł albo ü. Wpisz tę część zwykłymi "
         "literami, tak jak podaje ją dostawca poczty: zaczyna się od xn--.")},
    {S_INIT("missing"),
     S_INIT("Please fill this in."),
     S_INIT("Wypełnij to pole.")},
    {S_INIT("too_long"),
     S_INIT("This is too long: %s characters at most."),
     S_INIT("To jest za długie: najwyżej %s znaków.")},
    {S_INIT("twice"),
     S_INIT("This field came twice. Please reload the page and try again."),
     S_INIT("To pole przyszło dwa razy. Odśwież stronę i spróbuj ponownie.")},
    {S_INIT("text_wrong"),
     S_INIT("There are signs here that cannot be used. Please write plain text in one line."),
     S_INIT("Są tu znaki, których nie można użyć. Wpisz zwykły tekst w jednym wierszu.")},
    {S_INIT("country_wrong"),
     S_INIT("Please choose a country by its two letters, like PL."),
     S_INIT("Podaj kraj dwiema literami, na przykład PL.")},
    {S_INIT("tax_id_wrong"),
     S_INIT("This tax number (NIP) has a mistake: it has ten digits and the last one checks the "
         "others."),
     S_INIT("W tym numerze NIP jest błąd: ma dziesięć cyfr, a ostatnia sprawdza pozostałe.")},
    {S_INIT("price_changed"),
     S_INIT("The price is now %s. Nothing was charged. Look at it and order again."),
     S_INIT("Cena wynosi teraz %s. Nic nie zostało pobrane. Sprawdź ją i zamów ponownie.")},
    {S_INIT("amount_fixed"),
     S_INIT("This product has one price: %s."),
     S_INIT("Ten produkt ma jedną cenę: %s.")},
    {S_INIT("code_unknown"),
     S_INIT("This code is not known here. Empty the field to pay the full price."),
     S_INIT("Nie znamy tego kodu. Wyczyść pole, aby zapłacić pełną cenę.")},
    {S_INIT("consent_missing"),
     S_INIT("We need your consent to this before you can order."),
     S_INIT("Potrzebujemy tej zgody, zanim złożysz zamówienie.")},
    {S_INIT("robot"),
     S_INIT("This order looks as if a robot had filled it in: a field that nobody sees was filled. "
         "Nothing was charged. Please order again."),
     S_INIT("To zamówienie wygląda na wypełnione przez robota: wypełniono pole, którego "
         "nie widać. Nic nie zostało pobrane. Zamów ponownie.")},
    {S_INIT("no_gateway"),
     S_INIT("Paying is not possible here just now. Nothing was charged."),
     S_INIT("Płatność jest teraz niemożliwa. Nic nie zostało pobrane.")},
    {S_INIT("too_many"),
     S_INIT("Too many orders came from here. Nothing was charged. Please wait a minute and try "
         "again."),
     S_INIT("Przyszło stąd zbyt wiele zamówień. Nic nie zostało pobrane. Poczekaj minutę i "
         "spróbuj ponownie.")},
    {S_INIT("full"),
     S_INIT("The shop cannot take new orders just now. Nothing was charged. Please come back "
         "later."),
     S_INIT("Sklep nie może teraz przyjąć zamówienia. Nic nie zostało pobrane. Wróć później.")},
    {S_INIT("busy"),
     S_INIT("Your order could not be kept just now. Nothing was charged. Please try again in a "
         "moment."),
     S_INIT("Nie udało się teraz zapisać zamówienia. Nic nie zostało pobrane. Spróbuj za chwilę.")},
    {S_INIT("no_page"),
     S_INIT("There is no such page here."),
     S_INIT("Nie ma tu takiej strony.")},
    {S_INIT("no_order"),
     S_INIT("There is no order at this address. Take the link from your latest letter."),
     S_INIT("Pod tym adresem nie ma zamówienia. Użyj linku z ostatniej wiadomości.")},
    {S_INIT("no_lesson"),
     S_INIT("There is no lesson at this address. Take the link from your latest letter."),
     S_INIT("Pod tym adresem nie ma lekcji. Użyj linku z ostatniej wiadomości.")},
    {S_INIT("link_turned"),
     S_INIT("This link was replaced by a newer one. Take the link from your latest letter."),
     S_INIT("Ten link zastąpiono nowszym. Użyj linku z ostatniej wiadomości.")},
    {S_INIT("no_belongings"),
     S_INIT("This link does not open anything any more. Let us send you a new one."),
     S_INIT("Ten link niczego już nie otwiera. Wyślemy Ci nowy.")},
    {S_INIT("too_often"),
     S_INIT("That came very often just now. Please wait a minute and try again."),
     S_INIT("To było przed chwilą zbyt wiele razy. Poczekaj minutę i spróbuj ponownie.")},
    {S_INIT("not_asked"),
     S_INIT("This could not be kept just now, so nothing was sent. Please try again in a moment."),
     S_INIT("Nie udało się tego teraz zapisać, więc nic nie wysłano. Spróbuj za chwilę.")},
    {S_INIT("never_back"),
     S_INIT("The test payment was sent, and the buyer never comes back. Close this page."),
     S_INIT("Płatność testowa została wysłana, a kupujący nie wraca. Zamknij tę stronę.")},
};
/* clang-format on */

str words(str lang, str name) {
    for (size_t i = 0; i < COUNT(sentences); i++)
        if (str_is(sentences[i].name, name))
            return str_is(lang, S("pl")) ? sentences[i].pl : sentences[i].en;
    assert(!"a sentence that words.c does not have");
    return S("");
}

str words_with(struct arena *mem, str lang, str name, str what) {
    str sentence = words(lang, name);
    size_t hole = str_find(sentence, S("%s"));
    if (hole == sentence.len)
        return sentence;
    return JOIN(mem, str_part(sentence, 0, hole), what, str_from(sentence, hole + 2));
}
