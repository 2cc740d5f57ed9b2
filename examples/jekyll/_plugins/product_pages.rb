# The loop over _data/products.yml: /p/<id>/ and /buy/<id>/ for each product that is no draft.
# Where plugins do not run (GitHub Pages), write two files for each product instead, for example
# buy/master-of-aggregates.html with nothing but this in it:
#     ---
#     layout: buy
#     title: Master of Aggregates
#     product: master-of-aggregates
#     permalink: /buy/master-of-aggregates/
#     ---
module Grosz
  class ProductPages < Jekyll::Generator
    KINDS = { "p" => "product", "buy" => "buy" }.freeze

    def generate(site)
      site.data["products"].reject { |p| p["draft"] }.product(KINDS.to_a).each do |product, (folder, layout)|
        page = Jekyll::PageWithoutAFile.new(site, site.source, "#{folder}/#{product["id"]}", "index.html")
        page.data.merge!("layout" => layout, "title" => product["name"], "product" => product["id"])
        site.pages << page
      end
    end
  end
end
