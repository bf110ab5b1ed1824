-- CreateTable
CREATE TABLE "contact_views" (
    "area_id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "date" DATE NOT NULL,

    CONSTRAINT "contact_views_pkey" PRIMARY KEY ("order_id","user_id","date")
);

-- CreateIndex
CREATE INDEX "contact_views_date_idx" ON "contact_views"("date");

-- AddForeignKey
ALTER TABLE "contact_views" ADD CONSTRAINT "contact_views_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TRIGGER contact_views_unchanged BEFORE UPDATE ON contact_views
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
