--
-- Create model ContentType
--
CREATE TABLE `django_content_type` (`id` integer AUTO_INCREMENT NOT NULL PRIMARY KEY, `name` varchar(100) NOT NULL, `app_label` varchar(100) NOT NULL, `model` varchar(100) NOT NULL);
--
-- Alter unique_together for contenttype (1 constraint(s))
--
ALTER TABLE `django_content_type` ADD CONSTRAINT `django_content_type_app_label_model_76bd3d3b_uniq` UNIQUE (`app_label`, `model`);
--
-- Change Meta options on contenttype
--
-- (no-op)
--
-- Alter field name on contenttype
--
ALTER TABLE `django_content_type` MODIFY `name` varchar(100) NULL;
--
-- Raw Python operation
--
-- THIS OPERATION CANNOT BE WRITTEN AS SQL
--
-- Remove field name from contenttype
--
ALTER TABLE `django_content_type` DROP COLUMN `name`;
--
-- Create model Permission
--
CREATE TABLE `auth_permission` (`id` integer AUTO_INCREMENT NOT NULL PRIMARY KEY, `name` varchar(50) NOT NULL, `content_type_id` integer NOT NULL, `codename` varchar(100) NOT NULL);
--
-- Create model Group
--
CREATE TABLE `auth_group` (`id` integer AUTO_INCREMENT NOT NULL PRIMARY KEY, `name` varchar(80) NOT NULL UNIQUE);
CREATE TABLE `auth_group_permissions` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `group_id` integer NOT NULL, `permission_id` integer NOT NULL);
--
-- Create model User
--
-- (no-op)
ALTER TABLE `auth_permission` ADD CONSTRAINT `auth_permission_content_type_id_codename_01ab375a_uniq` UNIQUE (`content_type_id`, `codename`);
ALTER TABLE `auth_permission` ADD CONSTRAINT `auth_permission_content_type_id_2f476e4b_fk_django_co` FOREIGN KEY (`content_type_id`) REFERENCES `django_content_type` (`id`);
ALTER TABLE `auth_group_permissions` ADD CONSTRAINT `auth_group_permissions_group_id_permission_id_0cd325b0_uniq` UNIQUE (`group_id`, `permission_id`);
ALTER TABLE `auth_group_permissions` ADD CONSTRAINT `auth_group_permissions_group_id_b120cbf9_fk_auth_group_id` FOREIGN KEY (`group_id`) REFERENCES `auth_group` (`id`);
ALTER TABLE `auth_group_permissions` ADD CONSTRAINT `auth_group_permissio_permission_id_84c5c92e_fk_auth_perm` FOREIGN KEY (`permission_id`) REFERENCES `auth_permission` (`id`);
--
-- Alter field name on permission
--
ALTER TABLE `auth_permission` MODIFY `name` varchar(255) NOT NULL;
--
-- Alter field email on user
--
-- (no-op)
--
-- Alter field username on user
--
-- (no-op)
--
-- Alter field last_login on user
--
-- (no-op)
--
-- Alter field username on user
--
-- (no-op)
--
-- Alter field username on user
--
-- (no-op)
--
-- Alter field last_name on user
--
-- (no-op)
--
-- Alter field name on group
--
ALTER TABLE `auth_group` MODIFY `name` varchar(150) NOT NULL;
--
-- Raw Python operation
--
-- THIS OPERATION CANNOT BE WRITTEN AS SQL
--
-- Alter field first_name on user
--
-- (no-op)
--
-- Create model Session
--
CREATE TABLE `django_session` (`session_key` varchar(40) NOT NULL PRIMARY KEY, `session_data` longtext NOT NULL, `expire_date` datetime(6) NOT NULL);
CREATE INDEX `django_session_expire_date_a5c62663` ON `django_session` (`expire_date`);
--
-- Create model ExchangeRate
--
CREATE TABLE `shop_exchangerate` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `currency` varchar(3) NOT NULL, `rate` numeric(10, 5) NOT NULL);
--
-- Create model Tag
--
CREATE TABLE `shop_tag` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `name` varchar(40) NOT NULL UNIQUE);
--
-- Create model Customer
--
CREATE TABLE `shop_customer` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `password` varchar(128) NOT NULL, `last_login` datetime(6) NULL, `is_superuser` bool NOT NULL, `username` varchar(150) NOT NULL UNIQUE, `first_name` varchar(150) NOT NULL, `last_name` varchar(150) NOT NULL, `email` varchar(254) NOT NULL, `is_staff` bool NOT NULL, `is_active` bool NOT NULL, `date_joined` datetime(6) NOT NULL, `city` varchar(80) NOT NULL, `country` varchar(2) NOT NULL, `currency` varchar(3) NOT NULL);
CREATE TABLE `shop_customer_groups` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `customer_id` bigint NOT NULL, `group_id` integer NOT NULL);
CREATE TABLE `shop_customer_user_permissions` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `customer_id` bigint NOT NULL, `permission_id` integer NOT NULL);
--
-- Create model Category
--
CREATE TABLE `shop_category` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `name` varchar(80) NOT NULL, `slug` varchar(50) NOT NULL UNIQUE, `parent_id` bigint NULL);
--
-- Create model Order
--
CREATE TABLE `shop_order` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `number` varchar(20) NOT NULL UNIQUE, `status` varchar(10) NOT NULL, `placed` datetime(6) NOT NULL, `note` longtext NOT NULL, `customer_id` bigint NOT NULL);
--
-- Create model Product
--
CREATE TABLE `shop_product` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `name` varchar(120) NOT NULL, `slug` varchar(50) NOT NULL UNIQUE, `sku` varchar(20) NOT NULL, `description` longtext NOT NULL, `price` numeric(8, 2) NOT NULL, `stock` integer NOT NULL, `is_active` bool NOT NULL, `created` datetime(6) NOT NULL, `category_id` bigint NOT NULL);
CREATE TABLE `shop_product_tags` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `product_id` bigint NOT NULL, `tag_id` bigint NOT NULL);
--
-- Create model OrderLine
--
CREATE TABLE `shop_orderline` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `quantity` smallint UNSIGNED NOT NULL CHECK (`quantity` >= 0), `price` numeric(8, 2) NOT NULL, `order_id` bigint NOT NULL, `product_id` bigint NOT NULL);
--
-- Create model Image
--
CREATE TABLE `shop_image` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `path` varchar(200) NOT NULL, `alt` varchar(120) NOT NULL, `position` smallint UNSIGNED NOT NULL CHECK (`position` >= 0), `product_id` bigint NOT NULL);
--
-- Create model Review
--
CREATE TABLE `shop_review` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `rating` smallint UNSIGNED NOT NULL CHECK (`rating` >= 0), `text` longtext NOT NULL, `created` datetime(6) NOT NULL, `customer_id` bigint NOT NULL, `product_id` bigint NOT NULL);
ALTER TABLE `shop_customer_groups` ADD CONSTRAINT `shop_customer_groups_customer_id_group_id_ca32c35b_uniq` UNIQUE (`customer_id`, `group_id`);
ALTER TABLE `shop_customer_groups` ADD CONSTRAINT `shop_customer_groups_customer_id_787e3750_fk_shop_customer_id` FOREIGN KEY (`customer_id`) REFERENCES `shop_customer` (`id`);
ALTER TABLE `shop_customer_groups` ADD CONSTRAINT `shop_customer_groups_group_id_9fd8dc8e_fk_auth_group_id` FOREIGN KEY (`group_id`) REFERENCES `auth_group` (`id`);
ALTER TABLE `shop_customer_user_permissions` ADD CONSTRAINT `shop_customer_user_permi_customer_id_permission_i_c790b3c0_uniq` UNIQUE (`customer_id`, `permission_id`);
ALTER TABLE `shop_customer_user_permissions` ADD CONSTRAINT `shop_customer_user_p_customer_id_bb138063_fk_shop_cust` FOREIGN KEY (`customer_id`) REFERENCES `shop_customer` (`id`);
ALTER TABLE `shop_customer_user_permissions` ADD CONSTRAINT `shop_customer_user_p_permission_id_66296be8_fk_auth_perm` FOREIGN KEY (`permission_id`) REFERENCES `auth_permission` (`id`);
ALTER TABLE `shop_category` ADD CONSTRAINT `shop_category_parent_id_901626c9_fk_shop_category_id` FOREIGN KEY (`parent_id`) REFERENCES `shop_category` (`id`);
ALTER TABLE `shop_order` ADD CONSTRAINT `shop_order_customer_id_f638df20_fk_shop_customer_id` FOREIGN KEY (`customer_id`) REFERENCES `shop_customer` (`id`);
ALTER TABLE `shop_product` ADD CONSTRAINT `shop_product_category_id_14d7eea8_fk_shop_category_id` FOREIGN KEY (`category_id`) REFERENCES `shop_category` (`id`);
ALTER TABLE `shop_product_tags` ADD CONSTRAINT `shop_product_tags_product_id_tag_id_a244154e_uniq` UNIQUE (`product_id`, `tag_id`);
ALTER TABLE `shop_product_tags` ADD CONSTRAINT `shop_product_tags_product_id_9a158885_fk_shop_product_id` FOREIGN KEY (`product_id`) REFERENCES `shop_product` (`id`);
ALTER TABLE `shop_product_tags` ADD CONSTRAINT `shop_product_tags_tag_id_dd30c4fb_fk_shop_tag_id` FOREIGN KEY (`tag_id`) REFERENCES `shop_tag` (`id`);
ALTER TABLE `shop_orderline` ADD CONSTRAINT `shop_orderline_order_id_8ad562c5_fk_shop_order_id` FOREIGN KEY (`order_id`) REFERENCES `shop_order` (`id`);
ALTER TABLE `shop_orderline` ADD CONSTRAINT `shop_orderline_product_id_3f3985f6_fk_shop_product_id` FOREIGN KEY (`product_id`) REFERENCES `shop_product` (`id`);
ALTER TABLE `shop_image` ADD CONSTRAINT `shop_image_product_id_1cb0873d_fk_shop_product_id` FOREIGN KEY (`product_id`) REFERENCES `shop_product` (`id`);
ALTER TABLE `shop_review` ADD CONSTRAINT `shop_review_customer_id_a570316d_fk_shop_customer_id` FOREIGN KEY (`customer_id`) REFERENCES `shop_customer` (`id`);
ALTER TABLE `shop_review` ADD CONSTRAINT `shop_review_product_id_f74dddfd_fk_shop_product_id` FOREIGN KEY (`product_id`) REFERENCES `shop_product` (`id`);
