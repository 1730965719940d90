# Makes a database by Devise and Doorkeeper, on Active Record without a Rails application, and has them accept each password and
# token, and say who may sign in. Prints what its clients know. The arguments are the database's path, and `polymorphic` where owners of
# tokens may be of several models, and nobody has to confirm an address or is locked.
require "erb"
require "json"
require "sqlite3"
require "rails"
require "active_record"
require "devise"
require "devise/orm/active_record"
require "doorkeeper"
require "doorkeeper/orm/active_record"

path, kind = ARGV
POLYMORPHIC = kind == "polymorphic"
PEPPER = "a pepper of Devise"
PASSWORD = "correct horse battery"

Devise.setup do |config|
  config.pepper = PEPPER
  # The real number of stretches would take the tests' machine seconds.
  config.stretches = 4
  config.unlock_strategy = :time
  config.unlock_in = 1.hour
end
CONFIGURE = proc do
  orm :active_record
  use_polymorphic_resource_owner if POLYMORPHIC
  default_scopes :read
  optional_scopes :write
end
Doorkeeper.configure(&CONFIGURE)

ActiveRecord::Base.establish_connection(adapter: "sqlite3", database: path)
ActiveRecord::Migration.verbose = false
ActiveRecord::Schema.define do
  %i[users admins].each do |table|
    create_table table do |t|
      t.string :email, null: false, default: ""
      t.string :encrypted_password, null: false, default: ""
      unless POLYMORPHIC
        t.integer :failed_attempts, null: false, default: 0
        t.datetime :locked_at
        t.string :confirmation_token
        t.datetime :confirmed_at
        t.datetime :confirmation_sent_at
      end
      t.timestamps null: false
    end
  end
end

# The migration that Doorkeeper's generator would write.
def migrate(name)
  folder = File.join(Gem::Specification.find_by_name("doorkeeper").gem_dir, "lib/generators/doorkeeper/templates")
  migration_version = "[#{ActiveRecord::VERSION::MAJOR}.#{ActiveRecord::VERSION::MINOR}]"
  text = ERB.new(File.read(File.join(folder, "#{name}.rb.erb"))).result(binding)
  eval(text, TOPLEVEL_BINDING)
  Object.const_get(text[/class (\w+)/, 1]).migrate(:up)
end
migrate("migration")
migrate("enable_polymorphic_resource_owner_migration") if POLYMORPHIC

class User < ActiveRecord::Base
  devise :database_authenticatable
  devise :lockable, :confirmable, reconfirmable: false unless POLYMORPHIC

  # Nobody reads mail here.
  def send_devise_notification(*); end
end

class Admin < ActiveRecord::Base
  devise :database_authenticatable
end

ann = User.create!(email: "ann@example.com", password: PASSWORD)
Admin.create!(email: "root@example.com", password: PASSWORD)
raise "Devise refuses its own password" unless User.find(ann.id).valid_password?(PASSWORD)
raise "Devise knows no pepper" if User.find(ann.id).valid_password?("another password")

# Whether Devise lets these people sign in.
def signs_in(people)
  people.to_h do |user|
    user = User.find(user.id)
    [user.email, user.valid_password?(PASSWORD) && user.active_for_authentication?]
  end
end

def person(name)
  User.create!(email: "#{name}@example.com", password: PASSWORD).tap { |user| user.confirm unless name == "new" }
end

people = {}
unless POLYMORPHIC
  ann.confirm
  locked, before, unconfirmed = %w[locked before new].map { |name| person(name) }
  locked.lock_access!
  before.lock_access!
  before.update!(locked_at: 2.hours.ago)
  people = signs_in([ann, locked, before, unconfirmed])
  expected = [true, false, true, false]
  raise "Devise judges people otherwise" unless people.values == expected
end

$app = Doorkeeper::Application.create!(name: "phone", redirect_uri: "https://example.com/callback", scopes: "read write")

def token(owner, scopes: "read write", **more)
  Doorkeeper::AccessToken.create_for(application: $app, resource_owner: owner, scopes: scopes, **more)
end

def accepts?(text)
  Doorkeeper::AccessToken.by_token(text)&.accessible? || false
end

def confirm(live, over)
  raise "Doorkeeper refuses its own token" unless live.all? { |text| accepts?(text) }
  raise "Doorkeeper accepts what is over" if over.any? { |text| accepts?(text) }
end

# In plain text, as Doorkeeper keeps tokens unless it is set otherwise.
plain = [token(ann, expires_in: 7200), token(ann, scopes: "read", expires_in: nil)].map(&:plaintext_token)
confirm(plain, [])

# From here on it keeps digests, beside the older rows.
Doorkeeper.configure do
  instance_exec(&CONFIGURE)
  hash_token_secrets fallback: :plain
end
hashed = [token(ann, expires_in: 7200), token(ann, expires_in: nil)].map(&:plaintext_token)
expired = token(ann, expires_in: 60, created_at: 2.hours.ago)
revoked = token(ann, expires_in: nil)
revoked.revoke
refused = [expired.plaintext_token, revoked.plaintext_token]
confirm(hashed, refused)
refused << token(nil, expires_in: 7200).plaintext_token
refused << token(Admin.first, expires_in: 7200).plaintext_token if POLYMORPHIC

puts JSON.generate(tokens: plain + hashed, refused: refused, header: "Bearer", login: ann.email, password: PASSWORD, pepper: PEPPER,
  signs_in: people)
